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

  void collect(const Filter& filter, std::vector<std::uint32_t>& ids) const;
  std::optional<std::size_t> estimate(const Filter& filter) const;
};

/// How many entries the indexes leave for a filter; nullopt when they cannot tell.
std::optional<std::size_t> EntryStore::Packed::estimate(const Filter& filter) const {
  std::optional<std::size_t> best;
  switch (filter.kind) {
    case Filter::Kind::equal: {
      const auto attribute = index_of(without_options(filter.attribute));
      if (!attribute) return std::nullopt;
      return holders(*attribute, filter.value).size();
    }
    case Filter::Kind::all_of:
      for (const auto& part : filter.parts) {
        const auto count = estimate(part);
        if (count && (!best || *count < *best)) best = count;
      }
      return best;
    case Filter::Kind::any_of:
      best = 0;
      for (const auto& part : filter.parts) {
        const auto count = estimate(part);
        if (!count) return std::nullopt;
        *best += *count;
      }
      return best;
    default:
      return std::nullopt;
  }
}

/// Adds the entries that the indexes leave. Only for filters with an estimate.
void EntryStore::Packed::collect(const Filter& filter, std::vector<std::uint32_t>& ids) const {
  if (filter.kind == Filter::Kind::equal) {
    const auto found = holders(*index_of(without_options(filter.attribute)), filter.value);
    ids.insert(ids.end(), found.begin(), found.end());
  } else if (filter.kind == Filter::Kind::any_of) {
    for (const auto& part : filter.parts) collect(part, ids);
  } else {
    const Filter* best = nullptr;
    std::size_t least = SIZE_MAX;
    for (const auto& part : filter.parts) {
      const auto count = estimate(part);
      if (count && *count < least) {
        least = *count;
        best = &part;
      }
    }
    if (best != nullptr) collect(*best, ids);
  }
}

EntryStore::EntryStore(std::unique_ptr<Packed> packed) : packed_(std::move(packed)) {}
EntryStore::~EntryStore() = default;

bool EntryStore::search(std::string_view base, Scope scope, const Filter& filter, const Visit& visit) const {
  const auto normal = normalised_dn(base);
  const auto consider = [&](std::uint32_t id) {
    const auto entry = packed_->entry(id);
    const auto dn = entry.normal();
    const bool in_scope = scope == Scope::sub ? is_within(dn, normal) : scope == Scope::base || parent_dn(dn) == normal;
    return !in_scope || !matches(filter, entry) || visit(entry);
  };
  const auto at_base = [&] { return packed_->find(normal); };
  if (scope == Scope::base) {
    const auto id = at_base();
    if (id) consider(*id);
    return id.has_value();
  }
  if (packed_->estimate(filter)) {
    std::vector<std::uint32_t> ids;
    packed_->collect(filter, ids);
    if (ids.size() > 1) {
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    }
    for (const auto id : ids) {
      if (!consider(id)) break;
    }
  } else {
    for (std::uint32_t id = 0; id < packed_->entries.size(); ++id) {
      if (!consider(id)) break;
    }
  }
  return normal.empty() || packed_->containers.contains(normal) || at_base().has_value();
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
