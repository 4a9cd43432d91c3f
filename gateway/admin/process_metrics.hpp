#pragma once

#include <string>

namespace gateway {

/// The standard process_* metrics of this process, as every Prometheus client exports them: CPU, memory, open files,
/// start time. Read from /proc/self; what cannot be read is left out.
std::string render_process_metrics();

}  // namespace gateway
