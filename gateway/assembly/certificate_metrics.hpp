#pragma once

#include "gateway/config/config.hpp"
#include "gateway/metrics.hpp"

namespace gateway {

/// Sets the gauges that say when the configured certificates of listeners and of the web server end. Called at the
/// start and after a reload, since certificates are read then; reads their files. A certificate is named by its file,
/// as ServerTls does: certificates of several kinds may have the same names.
void export_certificates(const config::Config& config, Metrics& metrics);

/// When the certificate in this PEM file ends, in seconds since 1970; 0 when it cannot be read.
double certificate_end(const std::string& file);

}  // namespace gateway
