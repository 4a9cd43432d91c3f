#include "gateway/sasl/password_exchange.hpp"

namespace gateway {

PasswordExchange::Step PasswordExchange::start(std::optional<std::string> initial_response) {
  if (initial_response) return feed(std::move(*initial_response));
  challenge_ = mechanism_ == Mechanism::login ? "Username:" : "";
  return Step::challenge;
}

PasswordExchange::Step PasswordExchange::feed(std::string octets) {
  if (mechanism_ == Mechanism::plain) return take_plain(octets);
  if (!has_login_) {
    has_login_ = true;
    login_ = std::move(octets);
    challenge_ = "Password:";
    return Step::challenge;
  }
  password_ = std::move(octets);
  return Step::complete;
}

PasswordExchange::Step PasswordExchange::take_plain(const std::string& octets) {
  // authzid NUL authcid NUL password
  const auto first = octets.find('\0');
  const auto second = first == std::string::npos ? first : octets.find('\0', first + 1);
  if (second == std::string::npos || octets.find('\0', second + 1) != std::string::npos) return Step::malformed;
  login_ = octets.substr(first + 1, second - first - 1);
  if (first != 0 && octets.compare(0, first, login_) != 0) return Step::foreign;
  password_ = octets.substr(second + 1);
  return Step::complete;
}

}  // namespace gateway
