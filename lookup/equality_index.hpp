#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lookup {

/// From (attribute, folded value) to the entries that may hold it. Only hashes are kept: a hit is a candidate that the
/// filter still has to confirm. Filled, sealed once, then immutable.
class EqualityIndex {
 public:
  void add(std::uint32_t attribute, std::string_view folded, std::uint32_t entry);
  void seal();

  std::span<const std::uint32_t> find(std::uint32_t attribute, std::string_view folded) const;

  std::size_t octets() const;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t first = 0;  // in entries_; of one holder the holder itself
    std::uint32_t count = 0;  // 0: free
  };
  struct Pair {
    std::uint64_t hash;
    std::uint32_t entry;
  };

  static std::uint64_t hash_of(std::uint32_t attribute, std::string_view folded);

  std::vector<Pair> pairs_;  // until sealed
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> entries_;
};

}  // namespace lookup
