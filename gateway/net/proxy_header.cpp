#include "gateway/net/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace gateway {

namespace {

using Status = ProxyHeader::Status;

constexpr std::string_view v2_signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v1_limit = 107;
constexpr std::size_t v2_limit = 520;  // addresses take 36 octets at most; the rest are extensions

ProxyHeader malformed() {
  return {Status::malformed, 0, false, {}, {}};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 65535) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

ProxyHeader parse_v1(std::string_view octets) {
  const auto end = octets.substr(0, v1_limit).find("\r\n");
  if (end == std::string_view::npos) return octets.size() >= v1_limit ? malformed() : ProxyHeader{};
  ProxyHeader header{Status::complete, end + 2, false, {}, {}};
  std::string_view rest = octets.substr(0, end);
  std::array<std::string_view, 6> word{};
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto space = rest.find(' ');
    word[i] = rest.substr(0, space);
    if (space == std::string_view::npos) {
      rest = {};
      break;
    }
    rest.remove_prefix(space + 1);
    if (i + 1 == word.size()) return malformed();
  }
  if (word[1] == "UNKNOWN") {
    header.is_local = true;
    return header;
  }
  if (word[1] != "TCP4" && word[1] != "TCP6") return malformed();
  const auto client = lookup::parse_ip(word[2]), server = lookup::parse_ip(word[3]);
  const auto client_port = parse_port(word[4]), server_port = parse_port(word[5]);
  if (!client || !server || !client_port || !server_port) return malformed();
  if (word[1] == "TCP4" && (client->is_v6 || server->is_v6)) return malformed();
  header.client = {*client, *client_port};
  header.server = {*server, *server_port};
  return header;
}

std::uint16_t two_octets(std::string_view at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(at[0]) << 8 | static_cast<unsigned char>(at[1]));
}

lookup::IpAddress address_at(std::string_view at, bool is_v6) {
  lookup::IpAddress address;
  address.is_v6 = is_v6;
  std::memcpy(address.bytes.data(), at.data(), is_v6 ? 16 : 4);
  static constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (is_v6 && std::memcmp(address.bytes.data(), mapped, sizeof mapped) == 0) {
    address = {};
    std::memcpy(address.bytes.data(), at.data() + 12, 4);
  }
  return address;
}

ProxyHeader parse_v2(std::string_view octets) {
  if (octets.size() < 16) return {};
  const auto version_command = static_cast<unsigned char>(octets[12]);
  const auto family = static_cast<unsigned char>(octets[13]);
  const std::size_t length = two_octets(octets.substr(14));
  if (version_command >> 4 != 2 || (version_command & 15) > 1 || length > v2_limit) return malformed();
  if (octets.size() < 16 + length) return {};
  ProxyHeader header{Status::complete, 16 + length, false, {}, {}};
  const bool is_v4 = family == 0x11, is_v6 = family == 0x21;
  if ((version_command & 15) == 0 || (!is_v4 && !is_v6)) {
    header.is_local = true;
    return header;
  }
  const std::size_t size = is_v6 ? 16 : 4;
  if (length < 2 * size + 4) return malformed();
  const std::string_view block = octets.substr(16, length);
  header.client = {address_at(block, is_v6), two_octets(block.substr(2 * size))};
  header.server = {address_at(block.substr(size), is_v6), two_octets(block.substr(2 * size + 2))};
  return header;
}

bool begins(std::string_view octets, std::string_view with) {
  const auto size = std::min(octets.size(), with.size());
  return octets.substr(0, size) == with.substr(0, size);
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view octets) {
  static constexpr std::string_view v1_start = "PROXY ";
  if (octets.empty()) return {};
  if (begins(octets, v2_signature)) return octets.size() < v2_signature.size() ? ProxyHeader{} : parse_v2(octets);
  if (begins(octets, v1_start)) return octets.size() < v1_start.size() ? ProxyHeader{} : parse_v1(octets);
  return malformed();
}

}  // namespace gateway
