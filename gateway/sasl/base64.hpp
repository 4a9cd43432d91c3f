#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// RFC 4648 base64 with padding and without line breaks.
std::string encode_base64(std::string_view octets);

/// nullopt for anything that encode_base64() would not have made, but for unused bits of the last letter.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace gateway
