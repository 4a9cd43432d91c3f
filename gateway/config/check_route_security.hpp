#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// Do the TLS settings and the login of a route fit together, and with the DNS?
void check_route_security(const Config& config, const Route& route, std::vector<Finding>& findings);

}  // namespace gateway::config
