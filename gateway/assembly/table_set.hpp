#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "lookup/map_reference.hpp"
#include "lookup/open_table.hpp"

namespace gateway {

/// A map reference of the configuration with its first place in the file.
struct MapUse {
  std::string text;
  config::Place place;
};

/// All map references of a configuration outside the restriction lists.
std::vector<MapUse> map_uses(const config::Config& config);

/// The in-memory tables of one configuration, opened once and shared by all loops; they follow their files by
/// refresh(). Tables that ask servers (ldap, directory) belong to a loop: see LoopMaps.
class TableSet {
 public:
  /// Opens what `uses` names and all of `tables:`. What cannot be opened is an error in `findings`; the set then lacks
  /// it.
  TableSet(const config::Config& config, const std::vector<MapUse>& uses, std::vector<config::Finding>& findings);

  /// nullptr for a table of another kind or one that could not be opened.
  std::shared_ptr<lookup::Table> find(const std::string& reference) const;

  /// Reads changed files again. Returns lines for the log: what was reloaded, what was refused. Blocks on the disk.
  std::vector<std::string> refresh();

 private:
  void open(const config::Config& config, const MapUse& use, std::vector<config::Finding>& findings);

  std::map<std::string, std::shared_ptr<lookup::ReloadingTable>> tables_;
};

}  // namespace gateway
