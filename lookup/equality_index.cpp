#include "lookup/equality_index.hpp"

#include "lookup/large_pages.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace lookup {

std::uint64_t EqualityIndex::hash_of(std::uint32_t attribute, std::string_view folded) {
  const std::uint64_t text = std::hash<std::string_view>{}(folded);
  const std::uint64_t mixed = (text ^ (attribute * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
  return mixed ^ (mixed >> 32);
}

void EqualityIndex::add(std::uint32_t attribute, std::string_view folded, std::uint32_t entry) {
  pairs_.push_back({hash_of(attribute, folded), entry});
}

void EqualityIndex::seal() {
  std::sort(pairs_.begin(), pairs_.end(), [](const Pair& left, const Pair& right) {
    return left.hash != right.hash ? left.hash < right.hash : left.entry < right.entry;
  });
  std::size_t distinct = 0;
  for (std::size_t i = 0; i < pairs_.size(); ++i) distinct += i == 0 || pairs_[i].hash != pairs_[i - 1].hash;
  const auto size = std::bit_ceil(distinct * 5 / 4 + 1);
  slots_.reserve(size);
  use_large_pages(slots_.data(), size * sizeof(Slot));
  slots_.resize(size);
  entries_.reserve(pairs_.size());
  const auto mask = slots_.size() - 1;
  for (std::size_t i = 0; i < pairs_.size();) {
    const auto hash = pairs_[i].hash;
    const auto first = entries_.size();
    for (; i < pairs_.size() && pairs_[i].hash == hash; ++i) {
      if (entries_.size() == first || entries_.back() != pairs_[i].entry) entries_.push_back(pairs_[i].entry);
    }
    auto at = hash & mask;
    while (slots_[at].count != 0) at = (at + 1) & mask;
    slots_[at] = {hash, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(entries_.size() - first)};
    // Nearly every value has one holder: it stands in the slot, which saves a look at memory that is far away.
    if (slots_[at].count == 1) {
      slots_[at].first = entries_.back();
      entries_.pop_back();
    }
  }
  pairs_ = {};
  entries_.shrink_to_fit();
}

std::span<const std::uint32_t> EqualityIndex::find(std::uint32_t attribute, std::string_view folded) const {
  if (slots_.empty()) return {};
  const auto hash = hash_of(attribute, folded);
  const auto mask = slots_.size() - 1;
  // Values of one hash share a slot, so none can hide another.
  for (auto at = hash & mask; slots_[at].count != 0; at = (at + 1) & mask) {
    const auto& slot = slots_[at];
    if (slot.hash != hash) continue;
    return slot.count == 1 ? std::span(&slot.first, 1) : std::span(&entries_[slot.first], slot.count);
  }
  return {};
}

std::size_t EqualityIndex::octets() const {
  return slots_.capacity() * sizeof(Slot) + entries_.capacity() * sizeof(std::uint32_t) +
         pairs_.capacity() * sizeof(Pair);
}

}  // namespace lookup
