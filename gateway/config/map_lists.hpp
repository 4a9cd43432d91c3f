#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// Every list of map references that stands in the configuration but those of domains: what `check` looks at and what
/// is opened at start. They live as long as `config`.
std::vector<const MapRefs*> map_lists(const Config& config);

}  // namespace gateway::config
