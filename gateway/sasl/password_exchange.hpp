#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// The server's side of AUTH PLAIN (RFC 4616) and AUTH LOGIN: takes the octets of the client, says what to ask next,
/// ends with a name and a password. Pure; one object is one exchange.
class PasswordExchange {
 public:
  enum class Mechanism : std::uint8_t { plain, login };
  enum class Step : std::uint8_t {
    challenge,  // send challenge(), feed the answer
    complete,   // login() and password() are there
    malformed,  // not what the mechanism wants
    foreign,    // the client wants to act for somebody else, which nobody may
  };

  explicit PasswordExchange(Mechanism mechanism) : mechanism_(mechanism) {}

  Step start(std::optional<std::string> initial_response);
  Step feed(std::string octets);

  std::string_view challenge() const { return challenge_; }
  const std::string& login() const { return login_; }
  std::string take_password() { return std::move(password_); }

 private:
  Step take_plain(const std::string& octets);

  Mechanism mechanism_;
  bool has_login_ = false;
  std::string_view challenge_;
  std::string login_, password_;
};

}  // namespace gateway
