#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lookup {

/// An IPv4 or IPv6 address as a value, without sockets. IPv4-mapped IPv6 addresses are folded to IPv4 when parsed.
struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // IPv4 uses the first four

  std::string to_string() const;  // RFC 5952 for IPv6
  bool is_loopback() const;
  auto operator<=>(const IpAddress&) const = default;
};

/// Accepts dotted quad, IPv6 text, both also in brackets.
std::optional<IpAddress> parse_ip(std::string_view text);

/// A network in CIDR form. "192.0.2.1" alone means /32, "2001:db8::1" /128. Host bits must be zero, as in Postfix.
struct Network {
  IpAddress base;
  int prefix = 0;

  bool contains(const IpAddress& address) const;
  std::string to_string() const;
  bool operator==(const Network&) const = default;
};

std::optional<Network> parse_network(std::string_view text);

}  // namespace lookup
