#pragma once

#include <map>
#include <memory>
#include <string>

#include "gateway/assembly/generation.hpp"
#include "gateway/resolve/address_maps.hpp"
#include "lookup/directory.hpp"
#include "lookup/directory_observer.hpp"
#include "lookup/searcher.hpp"

namespace asio {
class io_context;
}

namespace gateway {

/// The maps of one event loop: the shared in-memory tables, and this loop's own directories and LDAP tables.
/// Belongs to the loop; the loop must outlive it, and it must outlive the questions asked of its maps.
class LoopMaps {
 public:
  using Observers = std::map<std::string, std::shared_ptr<lookup::DirectoryObserver>>;

  LoopMaps(std::shared_ptr<const Generation> generation, asio::io_context& loop, Observers observers);
  ~LoopMaps();

  const Generation& generation() const { return *generation_; }

  /// nullptr when there is no directory of that name or its settings are wrong (then `check` said so).
  std::shared_ptr<lookup::Directory> directory(const std::string& name) const;

  /// The map behind a reference; opened at first use. A reference that cannot be opened gives a table that is
  /// unavailable, never an empty one.
  AddressMap open(const std::string& reference);
  AddressMaps open_all(const config::MapRefs& references);

 private:
  tl::expected<std::unique_ptr<lookup::Directory>, std::string> make_directory(const config::Directory& settings);
  std::shared_ptr<lookup::Table> open_table(const std::string& reference);
  std::shared_ptr<lookup::Table> open_ldap(const std::string& reference,
                                           const std::map<std::string, std::string>& parameters,
                                           const std::string& directory);

  std::shared_ptr<const Generation> generation_;
  asio::io_context& loop_;
  Observers observers_;
  std::map<std::string, std::shared_ptr<lookup::Directory>> directories_;
  std::map<std::string, std::shared_ptr<lookup::Searcher>> searchers_;
  std::map<std::string, AddressMap> maps_;
};

}  // namespace gateway
