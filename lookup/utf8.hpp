#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lookup {

/// True for ASCII and for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// Lower case for the comparison of keys: ASCII, and by simple case folding the letters of the Latin, Greek, Cyrillic
/// and Armenian scripts. Octets that are not UTF-8 stay as they are. Never changes the meaning of ASCII text.
std::string fold_case(std::string_view text);

/// True when fold_case() would return `text` itself, as far as a quick look at the octets tells.
bool is_folded(std::string_view text);

}  // namespace lookup
