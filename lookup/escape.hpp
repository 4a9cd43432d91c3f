#pragma once

#include <string>
#include <string_view>

namespace lookup {

/// A value for the inside of an LDAP search filter (RFC 4515 section 3): NUL ( ) * \ and control octets become \XX,
/// so do all octets above 127 when the value is not UTF-8. No value can change the filter it is put into.
std::string escape_filter_value(std::string_view value);

/// A value for an attribute of a distinguished name (RFC 4514 section 2.4): " + , ; < = > \ are escaped, so are a
/// leading # or space, a trailing space, control octets and what is not UTF-8.
std::string escape_dn_value(std::string_view value);

}  // namespace lookup
