#include "lookup/entry_store.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "lookup/distinguished_name.hpp"
#include "lookup/equality_index.hpp"
#include "lookup/packed_entry.hpp"

namespace lookup {

namespace {

constexpr std::uint32_t dn_attribute = UINT32_MAX;

}  // namespace

struct EntryStore::Packed {
  std::vector<std::string> indexed;
  PackedEntries texts;
  std::vector<const char*> entries;
  EqualityIndex index;
  std::unordered_set<std::string> containers;                // the DNs above the entries
  std::unordered_multimap<std::size_t, std::uint32_t> seen;  // while building: hash of the DN -> entry

  /// The entries that the indexes leave for a filter; not known when they cannot tell.
  struct Candidates {
    bool known = false;
    std::span<const std::uint32_t> ids;
    std::vector<std::uint32_t> merged;  // what `ids` shows, when it is no list of the index

    void merge(Candidates&& other) {
      if (other.ids.empty()) return;
      if (ids.empty()) {
        *this = std::move(other);
        return;
      }
      std::vector<std::uint32_t> both;
      std::set_union(ids.begin(), ids.end(), other.ids.begin(), other.ids.end(), std::back_inserter(both));
      merged = std::move(both);
      ids = merged;
    }
  };

  PackedEntry entry(std::uint32_t id) const { return {texts.names(), entries[id]}; }

  std::optional<std::uint32_t> index_of(std::string_view attribute) const {
    for (std::uint32_t i = 0; i < indexed.size(); ++i) {
      if (same_name(indexed[i], attribute)) return i;
    }
    return std::nullopt;
  }

  std::span<const std::uint32_t> holders(std::uint32_t attribute, std::string_view value) const {
    std::string folded;
    fold_value(value, folded);
    return index.find(attribute, folded);
  }

  std::optional<std::uint32_t> find(std::string_view normal) const {
    for (const auto id : index.find(dn_attribute, normal)) {
      if (entry(id).normal() == normal) return id;
    }
    return std::nullopt;
  }

  Candidates candidates(const Filter& filter) const;
};

EntryStore::Packed::Candidates EntryStore::Packed::candidates(const Filter& filter) const {
  Candidates best;
  switch (filter.kind) {
    case Filter::Kind::equal: {
      const auto attribute = index_of(without_options(filter.attribute));
      if (!attribute) break;
      best.known = true;
      best.ids = holders(*attribute, filter.value);
      break;
    }
    case Filter::Kind::all_of:
      for (const auto& part : filter.parts) {
        auto some = candidates(part);
        if (some.known && (!best.known || some.ids.size() < best.ids.size())) best = std::move(some);
        if (best.known && best.ids.size() <= 1) break;
      }
      break;
    case Filter::Kind::any_of:
      best.known = true;
      for (const auto& part : filter.parts) {
        auto some = candidates(part);
        if (!some.known) return {};
        best.merge(std::move(some));
      }
      break;
    default:
      break;
  }
  return best;
}

EntryStore::EntryStore(std::unique_ptr<Packed> packed) : packed_(std::move(packed)) {}
EntryStore::~EntryStore() = default;

bool EntryStore::search(std::string_view base, Scope scope, const Filter& filter, const Visit& visit) const {
  return search_normal(normalised_dn(base), scope, filter, visit);
}

bool EntryStore::search_normal(const std::string& base, Scope scope, const Filter& filter, const Visit& visit) const {
  bool below = base.empty();  // something is known to lie there
  const auto consider = [&](std::uint32_t id) {
    const auto entry = packed_->entry(id);
    const auto dn = entry.normal();
    const bool in_scope = scope == Scope::sub ? is_within(dn, base) : scope == Scope::base || parent_dn(dn) == base;
    below = below || in_scope;
    return !in_scope || !matches(filter, entry) || visit(entry);
  };
  if (scope == Scope::base) {
    const auto id = packed_->find(base);
    if (id) consider(*id);
    return id.has_value();
  }
  const auto found = packed_->candidates(filter);
  if (found.known) {
    for (const auto id : found.ids) {
      if (!consider(id)) break;
    }
  } else {
    for (std::uint32_t id = 0; id < packed_->entries.size(); ++id) {
      if (!consider(id)) break;
    }
  }
  return below || packed_->containers.contains(base) || packed_->find(base).has_value();
}

std::size_t EntryStore::size() const {
  return packed_->entries.size();
}

std::size_t EntryStore::octets() const {
  return packed_->texts.octets() + packed_->entries.capacity() * sizeof(char*) + packed_->index.octets();
}

EntryStore::Builder::Builder(const std::vector<std::string>& indexed) : packed_(std::make_unique<Packed>()) {
  packed_->indexed = indexed;
}

EntryStore::Builder::~Builder() = default;

bool EntryStore::Builder::add(const EntryView& entry, const std::vector<Attribute>& attributes) {
  auto& packed = *packed_;
  const auto normal = normalised_dn(entry.dn());
  const auto hash = std::hash<std::string>{}(normal);
  for (auto [at, end] = packed.seen.equal_range(hash); at != end; ++at) {
    if (packed.entry(at->second).normal() == normal) return false;
  }
  const char* octets = packed.texts.append(entry.dn(), normal, attributes);
  if (octets == nullptr) return false;
  const auto id = static_cast<std::uint32_t>(packed.entries.size());
  packed.entries.push_back(octets);
  packed.seen.emplace(hash, id);
  packed.index.add(dn_attribute, normal, id);
  for (auto above = parent_dn(normal); !above.empty(); above = parent_dn(above)) {
    if (!packed.containers.emplace(above).second) break;
  }
  std::string folded;
  for (const auto& attribute : attributes) {
    const auto place = packed.index_of(without_options(attribute.name));
    if (!place) continue;
    for (const auto& value : attribute.values) {
      fold_value(value, folded);
      packed.index.add(*place, folded, id);
    }
  }
  return true;
}

std::shared_ptr<const EntryStore> EntryStore::Builder::finish() {
  auto packed = std::exchange(packed_, std::make_unique<Packed>());
  packed_->indexed = packed->indexed;
  packed->index.seal();
  packed->entries.shrink_to_fit();
  packed->seen = {};
  return std::shared_ptr<const EntryStore>(new EntryStore(std::move(packed)));
}

}  // namespace lookup
