#pragma once

#include <string>
#include <string_view>

namespace lookup {

/// A DN (RFC 4514) in the form in which equal names are equal octets: lower case, no blanks around separators, escapes
/// written one way, ";" as ",". Text that is no DN is folded as far as it can be read; it never fails.
std::string normalised_dn(std::string_view dn);

/// The normalised DN above a normalised DN; "" at the top.
std::string_view parent_dn(std::string_view normalised);

/// Is the normalised `dn` equal to `base` or below it? Everything is below "".
bool is_within(std::string_view dn, std::string_view base);

}  // namespace lookup
