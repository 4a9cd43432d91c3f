#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lookup/entry.hpp"

namespace lookup {

/// The attribute names of a store, each kept once.
class AttributeNames {
 public:
  std::uint32_t intern(std::string_view name);
  const std::string& operator[](std::uint32_t id) const { return names_[id]; }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> ids_;  // by lower-case name
};

/// Entries as octets in large blocks, so that a million of them costs little more than their text.
class PackedEntries {
 public:
  /// Returns where the entry lies, or nullptr when it is larger than 16 MiB. `normal` is the normalised DN.
  const char* append(std::string_view dn, std::string_view normal, const std::vector<Attribute>& attributes);

  const AttributeNames& names() const { return names_; }
  std::size_t octets() const { return octets_; }

 private:
  AttributeNames names_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t room_ = 0, octets_ = 0;
  char* free_ = nullptr;
  std::string scratch_;
};

/// One packed entry, read in place.
class PackedEntry final : public EntryView {
 public:
  PackedEntry(const AttributeNames& names, const char* octets);

  std::string_view dn() const override { return dn_; }
  std::string_view normal() const { return normal_; }
  ValueList values(std::string_view attribute) const override;
  std::vector<Attribute> attributes() const;

 private:
  /// Where the values of an attribute lie.
  struct Place {
    const std::string* name;
    const char* values;
    std::uint32_t many;
  };

  void find_places() const;

  const AttributeNames& names_;
  std::string_view dn_, normal_;
  const char* attributes_ = nullptr;
  std::uint32_t count_ = 0;
  // Reading an entry asks for ten attributes: they are looked for once, when the first is asked for.
  mutable std::uint32_t placed_ = 0;
  mutable const char* rest_ = nullptr;  // behind the last place
  mutable std::array<Place, 20> places_;
};

}  // namespace lookup
