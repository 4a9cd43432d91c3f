#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// The server's side of AUTH PLAIN (RFC 4616) and AUTH LOGIN: takes what the client sends, says what to ask next, ends
/// with a name and a password. Pure; one object is one exchange.
class SaslExchange {
 public:
  enum class Mechanism : std::uint8_t { plain, login };
  enum class Step : std::uint8_t {
    challenge,  // send 334 with challenge(), feed the next line
    complete,   // login() and password() are there
    malformed,  // not base64, or not what the mechanism wants: 501
    aborted,    // the client said "*"
  };

  explicit SaslExchange(Mechanism mechanism) : mechanism_(mechanism) {}

  /// With the initial response of the AUTH command; "=" is an empty one (RFC 4954 4).
  Step start(std::optional<std::string_view> initial_response);
  Step feed(std::string_view line);

  std::string_view challenge() const { return challenge_; }  // base64
  const std::string& login() const { return login_; }
  std::string take_password() { return std::move(password_); }

 private:
  Step take(std::string octets);
  Step take_plain(const std::string& octets);

  Mechanism mechanism_;
  bool has_login_ = false;
  std::string_view challenge_;
  std::string login_, password_;
};

/// RFC 4648 base64 with padding; nullopt for anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace gateway
