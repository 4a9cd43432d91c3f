#include "lookup/dns.hpp"

#include <fmt/core.h>

namespace lookup {

std::string_view to_string(DnsType type) {
  switch (type) {
    case DnsType::a:
      return "a";
    case DnsType::aaaa:
      return "aaaa";
    case DnsType::mx:
      return "mx";
    case DnsType::ns:
      return "ns";
    case DnsType::txt:
      return "txt";
    case DnsType::ptr:
      return "ptr";
    case DnsType::tlsa:
      return "tlsa";
    case DnsType::cname:
      return "cname";
  }
  return "unknown";
}

std::string reversed_labels(const IpAddress& address) {
  const auto& bytes = address.bytes;
  if (!address.is_v6) return fmt::format("{}.{}.{}.{}", bytes[3], bytes[2], bytes[1], bytes[0]);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(63);
  for (std::size_t at = bytes.size(); at-- > 0;) {
    text += digits[bytes[at] & 15];
    text += '.';
    text += digits[bytes[at] >> 4];
    if (at > 0) text += '.';
  }
  return text;
}

std::string ptr_name(const IpAddress& address) {
  return reversed_labels(address) + (address.is_v6 ? ".ip6.arpa" : ".in-addr.arpa");
}

}  // namespace lookup
