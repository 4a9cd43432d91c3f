#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/smtp/reply.hpp"

namespace gateway {

/// One NAME=value of XCLIENT or XFORWARD. `available` is false for [UNAVAILABLE]; `temporary` says [TEMPUNAVAIL].
struct ClientAttribute {
  enum class Name : std::uint8_t {
    name,
    reverse_name,
    address,
    port,
    protocol,
    helo,
    login,
    server_address,
    server_port,
    ident,
    source
  };
  Name name{};
  bool available = true;
  bool temporary = false;
  std::string value;  // xtext decoded
};

/// Reads the argument of XCLIENT, or of XFORWARD. Pure; addresses and ports are checked here. The error is the reply.
enum class AttributeSet : std::uint8_t { xclient, xforward };
tl::expected<std::vector<ClientAttribute>, Reply> parse_attributes(std::string_view argument, AttributeSet set);

/// An address as XCLIENT writes it: "192.0.2.1", "IPV6:2001:db8::1".
std::string_view without_ipv6_tag(std::string_view address);

}  // namespace gateway
