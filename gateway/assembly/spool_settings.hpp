#pragma once

#include "gateway/config/config.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// How the daemon opens its spool: places and limits of the configuration, warnings to the log, commits to the
/// histogram. `log` must outlive the spool.
SpoolOptions spool_options(const config::Queue& queue, Log& log, Metrics& metrics);

}  // namespace gateway
