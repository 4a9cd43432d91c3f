#include "gateway/smtp/xclient.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "gateway/smtp/command.hpp"
#include "gateway/smtp/parameters.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

namespace {

using Name = ClientAttribute::Name;

struct Known {
  std::string_view word;
  Name name;
  bool in_xclient, in_xforward;
};

constexpr Known known[] = {
    {"NAME", Name::name, true, true},
    {"REVERSE_NAME", Name::reverse_name, true, false},
    {"ADDR", Name::address, true, true},
    {"PORT", Name::port, true, true},
    {"PROTO", Name::protocol, true, true},
    {"HELO", Name::helo, true, true},
    {"LOGIN", Name::login, true, false},
    {"DESTADDR", Name::server_address, true, false},
    {"DESTPORT", Name::server_port, true, false},
    {"IDENT", Name::ident, false, true},
    {"SOURCE", Name::source, false, true},
};

Reply bad(std::string_view what, std::string_view value) {
  return {501, "5.5.4", fmt::format("Bad {} syntax: {}", what, value.substr(0, 100))};
}

bool is_valid(const ClientAttribute& attribute) {
  switch (attribute.name) {
    case Name::address:
    case Name::server_address:
      return lookup::parse_ip(without_ipv6_tag(attribute.value)).has_value();
    case Name::port:
    case Name::server_port: {
      const auto port = parse_decimal(attribute.value);
      return port && *port <= 65535;
    }
    case Name::protocol:
      return equal_ignoring_case(attribute.value, "SMTP") || equal_ignoring_case(attribute.value, "ESMTP");
    default:
      return attribute.value.size() <= 255;
  }
}

}  // namespace

std::string_view without_ipv6_tag(std::string_view address) {
  return equal_ignoring_case(address.substr(0, 5), "IPV6:") ? address.substr(5) : address;
}

tl::expected<std::vector<ClientAttribute>, Reply> parse_attributes(std::string_view argument, AttributeSet set) {
  const std::string_view command = set == AttributeSet::xclient ? "XCLIENT" : "XFORWARD";
  std::vector<ClientAttribute> attributes;
  for (argument = trim(argument); !argument.empty(); argument = trim(argument)) {
    const auto word = argument.substr(0, argument.find_first_of(" \t"));
    argument.remove_prefix(word.size());
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const auto* found = std::find_if(std::begin(known), std::end(known), [&](const Known& one) {
      return equal_ignoring_case(one.word, name) && (set == AttributeSet::xclient ? one.in_xclient : one.in_xforward);
    });
    if (equals == std::string_view::npos || found == std::end(known)) return tl::unexpected(bad("attribute", word));
    auto value = decode_xtext(word.substr(equals + 1));
    if (!value || value->empty()) return tl::unexpected(bad(found->word, word));
    ClientAttribute attribute{found->name, true, equal_ignoring_case(*value, "[TEMPUNAVAIL]"), std::move(*value)};
    attribute.available = !attribute.temporary && !equal_ignoring_case(attribute.value, "[UNAVAILABLE]");
    if (!attribute.available) attribute.value.clear();
    if (attribute.available && !is_valid(attribute)) return tl::unexpected(bad(found->word, word));
    attributes.push_back(std::move(attribute));
  }
  if (attributes.empty())
    return tl::unexpected(Reply{501, "5.5.4", fmt::format("Syntax: {} attribute=value...", command)});
  return attributes;
}

}  // namespace gateway
