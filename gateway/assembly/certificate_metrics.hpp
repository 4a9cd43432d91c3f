#pragma once

#include "gateway/config/config.hpp"
#include "gateway/metrics.hpp"

namespace gateway {

/// Sets the gauges that say when the configured certificates of listeners and of the web server end. Called at the
/// start and after a reload, since certificates are read then; reads their files.
void export_certificates(const config::Config& config, Metrics& metrics);

/// The name a certificate is counted under: its first configured name, else its file's name without folder.
std::string certificate_label(const config::Certificate& certificate);

/// When the certificate in this PEM file ends, in seconds since 1970; 0 when it cannot be read.
double certificate_end(const std::string& file);

}  // namespace gateway
