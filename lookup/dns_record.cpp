#include "lookup/dns_record.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "lookup/ip_address.hpp"

namespace lookup {

namespace {

using Octets = std::span<const std::uint8_t>;

// RFC 1035 5.1: a dot inside a label and octets that do not print are escaped.
void append_label(std::string& text, Octets label) {
  for (const auto octet : label) {
    if (octet <= ' ' || octet >= 0x7f) {
      text += fmt::format("\\{:03}", octet);
    } else {
      if (octet == '.' || octet == '\\') text += '\\';
      text += static_cast<char>(octet);
    }
  }
}

// A name that fills the rest of the rdata, without final dot; the root is ".".
std::optional<std::string> name_text(Octets wire) {
  std::string text;
  while (!wire.empty()) {
    const std::size_t size = wire[0];
    if (size == 0) {
      if (wire.size() != 1) return std::nullopt;
      return text.empty() ? "." : text;
    }
    if (size > 63 || size + 1 >= wire.size()) return std::nullopt;
    if (!text.empty()) text += '.';
    append_label(text, wire.subspan(1, size));
    wire = wire.subspan(size + 1);
  }
  return std::nullopt;
}

std::optional<std::string> address_text(Octets rdata, bool is_v6) {
  IpAddress address;
  address.is_v6 = is_v6;
  if (rdata.size() != (is_v6 ? 16U : 4U)) return std::nullopt;
  std::copy(rdata.begin(), rdata.end(), address.bytes.begin());
  return address.to_string();
}

std::optional<std::string> mx_text(Octets rdata) {
  if (rdata.size() < 3) return std::nullopt;
  const auto host = name_text(rdata.subspan(2));
  if (!host) return std::nullopt;
  return fmt::format("{} {}", rdata[0] * 256 + rdata[1], *host);
}

std::optional<std::string> txt_text(Octets rdata) {
  std::string text;
  while (!rdata.empty()) {
    const std::size_t size = rdata[0];
    if (size >= rdata.size()) return std::nullopt;
    for (const auto octet : rdata.subspan(1, size)) text += static_cast<char>(octet);
    rdata = rdata.subspan(size + 1);
  }
  return text;
}

std::optional<std::string> tlsa_text(Octets rdata) {
  if (rdata.size() < 4) return std::nullopt;
  std::string text = fmt::format("{} {} {} ", rdata[0], rdata[1], rdata[2]);
  for (const auto octet : rdata.subspan(3)) text += fmt::format("{:02x}", octet);
  return text;
}

}  // namespace

int wire_number(DnsType type) {
  switch (type) {
    case DnsType::a:
      return 1;
    case DnsType::ns:
      return 2;
    case DnsType::cname:
      return 5;
    case DnsType::ptr:
      return 12;
    case DnsType::mx:
      return 15;
    case DnsType::txt:
      return 16;
    case DnsType::aaaa:
      return 28;
    case DnsType::tlsa:
      return 52;
  }
  return 0;
}

std::optional<std::string> record_text(DnsType type, Octets rdata) {
  switch (type) {
    case DnsType::a:
      return address_text(rdata, false);
    case DnsType::aaaa:
      return address_text(rdata, true);
    case DnsType::mx:
      return mx_text(rdata);
    case DnsType::txt:
      return txt_text(rdata);
    case DnsType::tlsa:
      return tlsa_text(rdata);
    case DnsType::ns:
    case DnsType::ptr:
    case DnsType::cname:
      return name_text(rdata);
  }
  return std::nullopt;
}

}  // namespace lookup
