#pragma once

#include <string>

#include "gateway/metrics.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// Fills the gauges of the spool and its file system whenever they are scraped. `spool` must outlive `metrics`' use.
void export_spool_metrics(Metrics& metrics, Spool& spool, const std::string& directory);

}  // namespace gateway
