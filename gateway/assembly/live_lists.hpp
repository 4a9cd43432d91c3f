#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// Warns about configured DNS lists that are retired, dead, refuse to answer, list everybody or lack their test entry.
/// Asks the DNS and blocks until it has answered, or for the time limit of one question.
void check_dns_lists(const config::Config& config, std::vector<config::Finding>& findings);

}  // namespace gateway
