#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// Does a map reference lead somewhere: a table or directory that is configured, a type that is known, a file that is
/// there?
void check_map(const Config& config, const Text& reference, std::vector<Finding>& findings);
void check_maps(const Config& config, const MapRefs& references, std::vector<Finding>& findings);

/// An error when `path` is set and cannot be read; `what` says what it is ("table", "certificate").
void check_file(const std::string& path, const Place& place, const char* what, std::vector<Finding>& findings);

/// The names of configured things, for "did you mean".
template <class List>
std::vector<std::string> names_of(const List& list) {
  std::vector<std::string> names;
  for (const auto& each : list) names.push_back(each.name);
  return names;
}

/// An error when `name` is none of `known`: `unknown route "exchang"; did you mean "exchange"?`.
void check_name(const char* what, const std::string& name, const std::vector<std::string>& known, const Place& place,
                std::vector<Finding>& findings);

}  // namespace gateway::config
