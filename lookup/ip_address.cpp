#include "lookup/ip_address.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lookup {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view without_brackets(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') return text.substr(1, text.size() - 2);
  return text;
}

// Without brackets and without folding of IPv4-mapped addresses.
std::optional<IpAddress> parse_plain(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  IpAddress address;
  address.is_v6 = text.find(':') != std::string_view::npos;
  if (inet_pton(address.is_v6 ? AF_INET6 : AF_INET, copy, address.bytes.data()) != 1) return std::nullopt;
  return address;
}

bool is_mapped(const IpAddress& address) {
  return address.is_v6 && std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.bytes.begin());
}

IpAddress unmapped(const IpAddress& address) {
  IpAddress v4;
  std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
  return v4;
}

bool shares_prefix(const IpAddress& a, const IpAddress& b, int prefix) {
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + static_cast<std::ptrdiff_t>(whole), b.bytes.begin())) return false;
  const int rest = prefix % 8;
  return rest == 0 || (a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest) == 0;
}

// The groups that "::" stands for: the longest run of at least two zeros, the first of equal ones (RFC 5952 4.2).
struct Run {
  int first = -1, size = 0;
};

Run longest_zero_run(const std::array<unsigned, 8>& groups) {
  Run best, run;
  for (int at = 0; at < 8; ++at) {
    if (groups[static_cast<std::size_t>(at)] != 0) {
      run = {};
      continue;
    }
    if (run.size == 0) run.first = at;
    ++run.size;
    if (run.size > 1 && run.size > best.size) best = run;
  }
  return best;
}

}  // namespace

std::string IpAddress::to_string() const {
  if (!is_v6) return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  std::array<unsigned, 8> groups{};
  for (std::size_t at = 0; at < 8; ++at) groups[at] = bytes[2 * at] * 256U + bytes[2 * at + 1];
  const Run run = longest_zero_run(groups);
  std::string text;
  for (int at = 0; at < 8; ++at) {
    if (at == run.first) {
      text += "::";
      at += run.size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", groups[static_cast<std::size_t>(at)]);
  }
  return text;
}

bool IpAddress::is_loopback() const {
  if (!is_v6) return bytes[0] == 127;
  return bytes[15] == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t octet) { return octet == 0; });
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  const auto address = parse_plain(without_brackets(text));
  return address && is_mapped(*address) ? unmapped(*address) : address;
}

bool Network::contains(const IpAddress& address) const {
  return address.is_v6 == base.is_v6 && shares_prefix(address, base, prefix);
}

std::string Network::to_string() const {
  return fmt::format("{}/{}", base.to_string(), prefix);
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_plain(without_brackets(text.substr(0, slash)));
  if (!base) return std::nullopt;
  const int longest = base->is_v6 ? 128 : 32;
  Network network{*base, longest};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, network.prefix);
    if (error != std::errc() || stop != end || digits.front() == '-' || network.prefix > longest) return std::nullopt;
  }
  if (is_mapped(network.base) && network.prefix >= 96) network = {unmapped(network.base), network.prefix - 96};
  const int size = network.base.is_v6 ? 128 : 32;
  for (int bit = network.prefix; bit < size; ++bit) {
    const auto octet = network.base.bytes[static_cast<std::size_t>(bit / 8)];
    if ((octet >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  }
  return network;
}

}  // namespace lookup
