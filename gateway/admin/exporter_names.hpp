#pragma once

#include <string>

#include "gateway/metrics.hpp"

namespace gateway {

/// The core metrics of postfix_exporter, computed from our own: its names, types and labels, so that dashboards and
/// alerts made for it go on working. Labels that would name a cipher are empty; a reject's `code` is 4xx or 5xx.
std::string render_exporter_names(const Metrics& metrics);

}  // namespace gateway
