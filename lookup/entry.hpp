#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lookup/value_list.hpp"

namespace lookup {

/// What filters and presets read of a directory entry, however it is stored.
class EntryView {
 public:
  virtual ~EntryView() = default;

  virtual std::string_view dn() const = 0;

  /// The values of an attribute; its name is compared without case and without options (";binary"). Empty when absent.
  /// The views live as long as the entry.
  virtual ValueList values(std::string_view attribute) const = 0;
};

struct Attribute {
  std::string name;
  std::vector<std::string> values;

  bool operator==(const Attribute&) const = default;
};

/// An entry that owns its text: what an LDAP server or an LDIF record gave.
struct Entry final : EntryView {
  std::string name;  // the DN as written
  std::vector<Attribute> attributes;

  std::string_view dn() const override { return name; }
  ValueList values(std::string_view attribute) const override;

  /// Appends a value, to the attribute of that name if there is one.
  void add(std::string_view attribute, std::string value);
};

/// Equal without regard to ASCII case.
inline bool same_name(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  const auto lower = [](char octet) { return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + 32) : octet; };
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i] != right[i] && lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

/// "member" for "member;range=0-1499".
inline std::string_view without_options(std::string_view attribute) {
  return attribute.substr(0, attribute.find(';'));
}

}  // namespace lookup
