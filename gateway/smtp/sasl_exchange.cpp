#include "gateway/smtp/sasl_exchange.hpp"

namespace gateway {

namespace {

constexpr std::string_view ask_username = "VXNlcm5hbWU6";  // "Username:"
constexpr std::string_view ask_password = "UGFzc3dvcmQ6";  // "Password:"

int value_of(char octet) {
  if (octet >= 'A' && octet <= 'Z') return octet - 'A';
  if (octet >= 'a' && octet <= 'z') return octet - 'a' + 26;
  if (octet >= '0' && octet <= '9') return octet - '0' + 52;
  if (octet == '+') return 62;
  if (octet == '/') return 63;
  return -1;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  std::string octets;
  octets.reserve(text.size() * 3 / 4);
  unsigned gathered = 0, bits = 0;
  for (const char octet : text) {
    const int value = value_of(octet);
    if (value < 0) return std::nullopt;
    gathered = (gathered << 6 | static_cast<unsigned>(value)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      octets += static_cast<char>(gathered >> bits & 0xff);
    }
  }
  return octets;
}

SaslExchange::Step SaslExchange::start(std::optional<std::string_view> initial_response) {
  if (initial_response) return feed(*initial_response == "=" ? std::string_view{} : *initial_response);
  challenge_ = mechanism_ == Mechanism::login ? ask_username : std::string_view{};
  return Step::challenge;
}

SaslExchange::Step SaslExchange::feed(std::string_view line) {
  if (line == "*") return Step::aborted;
  auto octets = decode_base64(line);
  if (!octets) return Step::malformed;
  return take(std::move(*octets));
}

SaslExchange::Step SaslExchange::take(std::string octets) {
  if (mechanism_ == Mechanism::plain) return take_plain(octets);
  if (!has_login_) {
    has_login_ = true;
    login_ = std::move(octets);
    challenge_ = ask_password;
    return Step::challenge;
  }
  password_ = std::move(octets);
  return Step::complete;
}

SaslExchange::Step SaslExchange::take_plain(const std::string& octets) {
  // authzid NUL authcid NUL password; nobody may act for another, so an authzid must be the authcid.
  const auto first = octets.find('\0');
  const auto second = first == std::string::npos ? first : octets.find('\0', first + 1);
  if (second == std::string::npos || octets.find('\0', second + 1) != std::string::npos) return Step::malformed;
  login_ = octets.substr(first + 1, second - first - 1);
  if (first != 0 && octets.compare(0, first, login_) != 0) return Step::malformed;
  password_ = octets.substr(second + 1);
  return Step::complete;
}

}  // namespace gateway
