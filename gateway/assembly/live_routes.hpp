#pragma once

#include <memory>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// Meets the servers that routes name as the daemon would: connects, encrypts, checks the certificate, logs in, and
/// leaves. What fails is a warning, an error when none of a route's servers is left. MX hosts of recipients are not
/// tried. Blocks for up to a minute.
void check_servers_of_routes(const std::shared_ptr<const config::Config>& config,
                             std::vector<config::Finding>& findings);

}  // namespace gateway
