#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gateway::cli {

/// The configuration file and the other arguments of a verb: -c FILE, --config FILE or --config=FILE, else
/// $GATEPOST_CONFIG, else /etc/gatepost/gatepost.yaml. nullopt when -c lacks its FILE.
struct ConfigOption {
  std::string file;
  std::vector<std::string> rest;
};
std::optional<ConfigOption> take_config_option(std::span<const std::string> arguments);

}  // namespace gateway::cli
