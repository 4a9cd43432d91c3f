#pragma once

#include <memory>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/assembly/directory_settings.hpp"
#include "gateway/assembly/replicas.hpp"
#include "gateway/assembly/table_set.hpp"
#include "gateway/config/config.hpp"
#include "policy/rule_set.hpp"

namespace gateway {

/// One state of the configuration with everything that is opened once for all loops: the unit of a reload. Immutable
/// but for the tables, which follow their files, and the replicas, which the daemon adds before a loop uses it.
struct Generation {
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<TableSet> tables;
  StoreSet stores;
  std::shared_ptr<ReplicaMap> replicas = std::make_shared<ReplicaMap>();
  std::vector<std::shared_ptr<const policy::RuleSet>> rules;  // parallel to config->listeners
};

/// Reads the file and opens what it names. On success `findings` holds the warnings, otherwise the errors too; then
/// nothing has changed. Blocks on the disk, asks no server.
std::shared_ptr<const Generation> load_generation(const std::string& path, std::vector<config::Finding>& findings);

/// The same for a configuration that was read already.
std::shared_ptr<const Generation> make_generation(std::shared_ptr<const config::Config> config,
                                                  std::vector<config::Finding>& findings);

bool has_errors(const std::vector<config::Finding>& findings);

}  // namespace gateway
