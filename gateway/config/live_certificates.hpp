#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// Certificates of listeners, routes and directories: readable, matching their key, valid for two weeks more, and for
/// the names that they are configured for. Blocks on the disk only.
void check_certificates(const Config& config, std::vector<Finding>& findings);

}  // namespace gateway::config
