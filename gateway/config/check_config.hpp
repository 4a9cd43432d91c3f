#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// What can be found wrong in a configuration without asking the network: names that lead nowhere, files that are
/// missing, secrets that others may read, restrictions that cannot be parsed or never reached, an open relay.
///
/// Findings come in the order of the file. Reads files' attributes, changes nothing.
std::vector<Finding> check_config(const Config& config);

// The parts, each with its own file.
void check_references(const Config& config, std::vector<Finding>& findings);
void check_listeners(const Config& config, std::vector<Finding>& findings);
void check_files(const Config& config, std::vector<Finding>& findings);
void check_restrictions(const Config& config, std::vector<Finding>& findings);
void check_mailboxes(const Config& config, std::vector<Finding>& findings);
void check_support(const Config& config, std::vector<Finding>& findings);  // also run before serving

/// What `gatepost check --live` asks on top: certificates, ports, directory servers. Each question is bounded by a
/// few seconds. Run in the order of the list; blocks, for the command line only.
struct LiveCheck {
  const char* name;
  void (*run)(const Config& config, std::vector<Finding>& findings);
};
const std::vector<LiveCheck>& live_checks();

}  // namespace gateway::config
