#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// Can each listener's address and port be bound now? Binds and closes at once.
void check_ports(const Config& config, std::vector<Finding>& findings);

/// Does each directory server accept a TCP (or ldapi) connection within the directory's connect timeout?
void check_directory_servers(const Config& config, std::vector<Finding>& findings);

}  // namespace gateway::config
