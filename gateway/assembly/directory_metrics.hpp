#pragma once

#include <memory>

#include "gateway/config/config.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "lookup/directory_observer.hpp"

namespace gateway {

/// Counts what a directory does and logs when a server goes or comes back. Shared by all loops; safe from any thread.
std::shared_ptr<lookup::DirectoryObserver> make_directory_metrics(const config::Directory& directory, Metrics& metrics,
                                                                  Log& log);

}  // namespace gateway
