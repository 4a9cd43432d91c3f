#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// Can each listener's address and port be bound now? Binds and closes at once.
void check_ports(const Config& config, std::vector<Finding>& findings);

}  // namespace gateway::config
