#pragma once

#include <string>
#include <string_view>

#include "lookup/open_table.hpp"

namespace lookup {

/// cidr_table(5): "network result" in order, first match wins; "!network" matches what is outside; if NETWORK ...
/// endif, also with "!". Keys that are no IP address find nothing.
TableResult read_cidr_table(std::string_view text, std::string name, const std::string& file = {});

}  // namespace lookup
