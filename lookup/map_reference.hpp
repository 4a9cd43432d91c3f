#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace lookup {

/// A map reference as users write it. `type` is empty for the bare name of a table ("white"); otherwise one of
/// directory ldap inline file hash btree texthash dbm cdb lmdb pcre regexp cidr static fail unix, and `argument` is
/// what follows the colon (a path, a name, or "{...}"). "proxy:" in front is accepted and dropped.
struct MapReference {
  std::string type;
  std::string argument;

  bool is_name() const { return type.empty(); }
  std::string to_string() const;
  bool operator==(const MapReference&) const = default;
};

/// The error is a sentence for the user, without a place.
tl::expected<MapReference, std::string> parse_map_reference(std::string_view text);

/// Splits a Postfix list of map references at commas and white space outside of braces.
std::vector<std::string> split_map_references(std::string_view text);

using TableEntries = std::vector<std::pair<std::string, std::string>>;

/// The argument of inline: "{k=v, {k2 = v with space}}", in order.
tl::expected<TableEntries, std::string> parse_inline_entries(std::string_view argument);

}  // namespace lookup
