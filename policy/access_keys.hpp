#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lookup/address.hpp"
#include "lookup/ip_address.hpp"

namespace policy {

/// How partial keys are made.
struct KeyStyle {
  std::string_view delimiter;       // characters that begin an address extension
  bool parents_match_names = true;  // parent domain "example.com"; false: ".example.com"
};

/// The keys tried for an address, in order: user+ext@domain, user@domain, domain and its parents, user+ext@, user@.
/// Folded to lower case, without duplicates. The first is the whole key. Empty for the null sender.
std::vector<std::string> address_keys(const lookup::Address& address, const KeyStyle& style);

/// A name and its parent domains. A name that is an IP address has no parents.
std::vector<std::string> domain_keys(std::string_view name, const KeyStyle& style);

/// An address and the networks around it, cut octet by octet (IPv6: by colon).
std::vector<std::string> network_keys(const lookup::IpAddress& address);

}  // namespace policy
