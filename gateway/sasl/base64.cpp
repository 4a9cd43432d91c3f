#include "gateway/sasl/base64.hpp"

#include <cstdint>

namespace gateway {

namespace {

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

std::string encode_base64(std::string_view octets) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const auto octet = [&](std::size_t offset) -> std::uint32_t {
      return at + offset < octets.size() ? static_cast<unsigned char>(octets[at + offset]) : 0U;
    };
    const std::uint32_t group = octet(0) << 16 | octet(1) << 8 | octet(2);
    result += letters[group >> 18];
    result += letters[group >> 12 & 63];
    result += at + 1 < octets.size() ? letters[group >> 6 & 63] : '=';
    result += at + 2 < octets.size() ? letters[group & 63] : '=';
  }
  return result;
}

}  // namespace gateway
