#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

struct sasl_conn;

namespace gateway {

/// A name and its password, as a server wants them. Both may be empty: GSSAPI has its own tickets.
struct PeerLogin {
  std::string user, password;

  bool operator==(const PeerLogin&) const = default;
};

/// One login at a server by a mechanism of Cyrus SASL's plugins. Its calls compute for milliseconds (SCRAM) and may ask
/// a Kerberos server (GSSAPI): not for an event loop. Not thread-safe, but it may move between threads.
class SaslClient {
 public:
  struct Wishes {
    PeerLogin login;
    std::string host;                           // the server's name, for mechanisms that need one
    std::vector<std::string> security_options;  // names of smtp_sasl_security_options
  };
  /// What is to be sent: the octets, not yet in base64; none with a mechanism that waits for the server first.
  struct Start {
    std::string mechanism;
    std::optional<std::string> initial;
  };

  explicit SaslClient(Wishes wishes);
  ~SaslClient();
  SaslClient(const SaslClient&) = delete;
  SaslClient& operator=(const SaslClient&) = delete;

  /// Chooses the strongest of `mechanisms` that a plugin carries out. The error is a sentence without secrets.
  [[nodiscard]] tl::expected<Start, std::string> start(const std::vector<std::string>& mechanisms);

  /// Answers a challenge, which comes in base64; the answer is not yet in it.
  [[nodiscard]] tl::expected<std::string, std::string> step(std::string_view challenge);

 private:
  struct Callbacks;

  Wishes wishes_;
  std::unique_ptr<Callbacks> callbacks_;
  sasl_conn* connection_ = nullptr;
};

}  // namespace gateway
