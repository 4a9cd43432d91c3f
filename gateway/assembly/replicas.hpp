#pragma once

#include <map>
#include <memory>
#include <string>

#include "gateway/config/config.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "lookup/replica_source.hpp"

namespace gateway {

/// The replicas of a configuration, by directory name; shared by all loops.
using ReplicaMap = std::map<std::string, std::shared_ptr<lookup::ReplicaSource>>;

/// Is this directory followed, so that it has a replica?
bool has_replica(const config::Directory& directory);

lookup::ReplicaOptions replica_options(const config::Config& config, const config::Directory& directory);

/// The replicas that the daemon runs: they outlive a reload unless their settings change. Belongs to the admin loop.
class Replicas {
 public:
  Replicas(Metrics& metrics, Log& log) : metrics_(metrics), log_(log) {}
  ~Replicas() { stop(); }

  /// The replicas of `config`. Those it does not have, or has with other settings, are stopped; new ones read their
  /// files, so this blocks on the disk. Once start() was called they are started, too.
  ReplicaMap use(const config::Config& config);

  void start();
  void stop();

 private:
  struct Running {
    std::string settings;
    std::shared_ptr<lookup::ReplicaSource> source;
  };

  Metrics& metrics_;
  Log& log_;
  bool started_ = false;
  std::map<std::string, Running> running_;
};

}  // namespace gateway
