#pragma once

#include <string_view>

namespace policy {

/// RFC 1123 2.1: labels of letters, digits, hyphens (and underscores, which exist), not beginning or ending in a
/// hyphen, 63 octets each, 255 in all, not all numeric. No final dot. UTF-8 labels (RFC 6531) are accepted.
bool is_valid_host_name(std::string_view name);

/// A bare IPv4 or IPv6 address.
bool is_valid_host_address(std::string_view text);

/// "[192.0.2.1]", "[IPv6:2001:db8::1]": RFC 5321 4.1.3.
bool is_valid_address_literal(std::string_view text);

/// The name without one final dot.
std::string_view without_final_dot(std::string_view name);

/// A host name with at least two labels.
bool is_fully_qualified(std::string_view name);

}  // namespace policy
