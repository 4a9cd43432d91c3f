#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// What mechanisms may want to know of the client that logs in.
struct LoginPeer {
  std::string client_address, server_address;  // IP addresses
  std::uint16_t client_port = 0, server_port = 0;
  bool tls = false;
  int tls_bits = 0;
  std::string certificate_name;  // of a trusted client certificate, for EXTERNAL; "" without one
};

/// Where an AUTH exchange stands after the client's latest words.
struct LoginStep {
  enum class Kind : std::uint8_t {
    challenge,    // `octets` go to the client, its answer to feed()
    accepted,     // `login` is who it is
    refused,      // 535: the client's fault
    unavailable,  // 454: nobody could be asked
    malformed,    // 501: not what the mechanism wants to read
  };
  Kind kind = Kind::unavailable;
  std::string octets, login;
  std::string detail;  // the cause, for the log alone; never holds a password
};

/// One AUTH exchange. Belongs to its source's loop; one question at a time. Every `done` is called at most once, on the
/// loop, possibly before the call returns, and not at all when the dialogue or its source is gone first.
class LoginDialogue {
 public:
  using Done = std::function<void(LoginStep)>;
  virtual ~LoginDialogue() = default;

  /// With the decoded initial response of the AUTH command, if there was one.
  virtual void start(std::optional<std::string> initial, Done done) = 0;
  virtual void feed(std::string octets, Done done) = 0;
};

/// Who checks logins: a directory, Cyrus SASL, or Dovecot. One for each loop and generation of the configuration.
class LoginSource {
 public:
  virtual ~LoginSource() = default;

  /// Can it be offered to this client? Never waits; a source that has not heard from its server yet says yes.
  virtual bool knows(std::string_view mechanism, const LoginPeer& peer) const = 0;

  /// `mechanism` in capitals, one that knows() said yes to.
  virtual std::unique_ptr<LoginDialogue> begin(const std::string& mechanism, const LoginPeer& peer) = 0;
};

}  // namespace gateway
