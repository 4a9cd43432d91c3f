#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/entry.hpp"
#include "lookup/filter.hpp"
#include "lookup/searcher.hpp"

namespace lookup {

/// All entries of a directory in memory: immutable, safe to share between threads, swapped as a whole.
///
/// A search whose filter demands an indexed equality (alone, in an AND, or in every branch of an OR) is a hash look-up;
/// any other one reads every entry. Entries are packed into blocks with attribute names stored once.
class EntryStore {
 public:
  /// Return false to stop the search.
  using Visit = std::function<bool(const EntryView&)>;

  class Builder;

  ~EntryStore();
  EntryStore(const EntryStore&) = delete;
  EntryStore& operator=(const EntryStore&) = delete;

  /// Visits the entries within `scope` of `base` (a DN in any spelling) that match. False when `base` is not "" and no
  /// entry lies at or below it.
  bool search(std::string_view base, Scope scope, const Filter& filter, const Visit& visit) const;

  /// search() below a base that is normalised already.
  bool search_normal(const std::string& base, Scope scope, const Filter& filter, const Visit& visit) const;

  std::size_t size() const;
  std::size_t octets() const;  // memory held by entries and indexes, for status

 private:
  struct Packed;
  explicit EntryStore(std::unique_ptr<Packed> packed);
  std::unique_ptr<Packed> packed_;
};

/// Fills a store. `indexed` names the attributes whose equality is indexed; the DN always is.
class EntryStore::Builder {
 public:
  explicit Builder(const std::vector<std::string>& indexed);
  ~Builder();

  /// False when an entry of the same DN is there already (the first one stays) or the entry is too large (16 MiB).
  bool add(const EntryView& entry, const std::vector<Attribute>& attributes);
  bool add(const Entry& entry) { return add(entry, entry.attributes); }

  /// The builder is empty afterwards.
  std::shared_ptr<const EntryStore> finish();

 private:
  std::unique_ptr<Packed> packed_;
};

}  // namespace lookup
