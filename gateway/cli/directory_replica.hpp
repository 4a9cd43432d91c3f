#pragma once

#include <string>

#include "gateway/cli/options.hpp"
#include "gateway/config/config.hpp"

namespace gateway::cli {

/// What `directory status` tells of a replica: from the daemon when it runs, else from the replica's file.
std::string replica_status(const config::Config& config, const config::Directory& directory);

/// `directory sync NAME [--full] [--accept]`: by the daemon.
int sync_replica(const Options& options, const std::string& name);

/// `directory diff NAME`: the servers, read now, beside the replica's file.
int compare_replica(const Options& options, const std::string& name);

}  // namespace gateway::cli
