#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace lookup {

/// One attribute of a server's schema, as its subschema describes it (RFC 4512 4.1.2). The views are of the
/// description.
struct AttributeType {
  std::vector<std::string_view> names;
  std::string_view superior, equality;  // "" when there is none
};

/// nullopt when the text is no description, or names nothing.
std::optional<AttributeType> parse_attribute_type(std::string_view text);

}  // namespace lookup
