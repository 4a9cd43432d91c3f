#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/value.hpp"

namespace gateway::config {

/// Reads YAML into values. The only file that knows yaml-cpp, whose exceptions end here.
///
/// Anchors, aliases and merge keys (<<) are applied; tags, duplicate keys and a second document are errors. Scalars
/// keep their text: what "no" or "010" means is decided by the key. Bounds: 16 MiB of text, 32 levels, a million
/// values. nullopt when nothing can be read; findings may be there also with a value.
[[nodiscard]] std::optional<Value> parse_yaml(std::string_view text, const std::string& file,
                                              std::vector<Finding>& findings);

}  // namespace gateway::config
