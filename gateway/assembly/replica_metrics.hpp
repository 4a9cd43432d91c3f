#pragma once

#include <memory>
#include <string>

#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "lookup/replica_keeper.hpp"

namespace gateway {

/// Counts what one replica does and logs when its state changes. Called on the replica's thread.
std::shared_ptr<lookup::ReplicaObserver> make_replica_metrics(const std::string& directory, Metrics& metrics, Log& log);

}  // namespace gateway
