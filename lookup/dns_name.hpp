#pragma once

#include <string>

#include "lookup/ip_address.hpp"

namespace lookup {

/// "2.0.0.127" for 127.0.0.2, 32 reversed nibbles for IPv6: the prefix of DNSBL and PTR names.
std::string reversed_labels(const IpAddress& address);

/// The name for a PTR question ("2.0.0.127.in-addr.arpa").
std::string ptr_name(const IpAddress& address);

}  // namespace lookup
