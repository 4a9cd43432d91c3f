#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::cli {

/// The words behind a verb, sorted: "-c FILE" (or --config), "--name value", "--name=value", "--flag", and the rest.
struct Options {
  std::string config_path;                    // -c, else $GATEPOST_CONFIG, else the default
  std::map<std::string, std::string> values;  // by name without dashes
  std::set<std::string> flags;
  std::vector<std::string> rest;

  bool has(const std::string& name) const { return flags.contains(name) || values.contains(name); }
  std::string value(const std::string& name, std::string_view otherwise = "") const;
};

/// `value_names` take a value, `flag_names` do not. nullopt for an unknown option or a missing value, after printing
/// why on stderr.
std::optional<Options> parse_options(std::span<const std::string> arguments, const std::set<std::string>& value_names,
                                     const std::set<std::string>& flag_names);

std::optional<Options> parse_config_option(std::span<const std::string> arguments);

}  // namespace gateway::cli
