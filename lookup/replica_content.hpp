#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lookup/entry_store.hpp"
#include "lookup/layout.hpp"

namespace lookup {

/// The entries of a directory as the server has them, by an identity that outlives a change of name: its entryUUID, or
/// the normalised DN where there is none. Remembers what changed since changes were last taken.
///
/// A refresh is begun, fed and ended. Only its end drops entries that it did not mention; one that breaks off drops
/// none. Belongs to one thread.
class ReplicaContent {
 public:
  struct Counts {
    std::size_t added = 0, modified = 0, removed = 0;
  };
  /// Records have a number of their own in the file; `octets` as of encode_entry().
  struct Changes {
    std::vector<std::string> ids;         // to write: see find()
    std::vector<std::uint64_t> removals;  // numbers to delete
    Counts counts;
  };
  struct Record {
    std::uint64_t number = 0;
    std::string octets;
    std::uint64_t seen = 0;  // the last refresh that mentioned it
    bool changed = false;
  };
  struct Built {
    std::shared_ptr<const EntryStore> store;
    std::size_t people = 0, groups = 0;
  };

  void put(const std::string& id, std::string octets);
  void mention(const std::string& id);
  void remove(const std::string& id);

  void begin_refresh() { ++refresh_; }
  void drop_unmentioned();

  /// An entry that is in the file already.
  void restore(const std::string& id, std::uint64_t number, std::string octets);
  void clear();

  std::size_t size() const { return records_.size(); }
  bool is_changed() const { return !changed_.empty() || !removals_.empty(); }
  const Record* find(const std::string& id) const;
  void for_each(const std::function<void(const Record&)>& visit) const;
  Changes take_changes();

  /// Packs everything: about 4 us and 650 octets an entry of 350 octets, so 0.4 s for 100,000.
  Built build(const Layout& layout, const std::vector<std::string>& indexed) const;

 private:
  std::unordered_map<std::string, Record> records_;
  std::vector<std::string> changed_;
  std::vector<std::uint64_t> removals_;
  Counts counts_;
  std::uint64_t refresh_ = 0, next_number_ = 1;
};

}  // namespace lookup
