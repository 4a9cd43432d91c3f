#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// Asks the servers of all directories and tells what is wrong: unreachable, refused, no such base, nothing that
/// matches, domains that are not served, attributes unknown or without index. Blocks for the directories' timeouts.
void check_directories(const config::Config& config, std::vector<config::Finding>& findings);

}  // namespace gateway
