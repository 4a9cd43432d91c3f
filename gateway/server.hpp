#pragma once

#include <memory>
#include <string>

namespace gateway {

/// The daemon: the only place where concrete classes meet.
///
/// run() reads the configuration, binds, drops privileges, opens the spool, serves until SIGTERM or SIGINT and returns
/// the exit code. SIGHUP reloads. Stopping has two phases: first no new work is taken and what is in flight ends (at
/// most 30 seconds), then the loops stop and the spool closes.
int run_server(const std::string& config_path);

}  // namespace gateway
