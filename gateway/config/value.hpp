#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

struct Entry;

/// A node of the YAML file: a scalar's text, a list, or a mapping in the file's order. `empty` is "key:" or "key: ~".
/// `secret` marks text that came out of ${credential:x} or ${file:x} and must never be shown.
struct Value {
  enum class Kind : std::uint8_t { empty, scalar, list, mapping };

  Kind kind = Kind::empty;
  std::string text;
  bool secret = false;
  Place place;
  std::vector<Value> items;
  std::vector<Entry> entries;

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_mapping() const { return kind == Kind::mapping; }
  bool is_empty() const { return kind == Kind::empty; }
};

struct Entry {
  Value key, value;
};

}  // namespace gateway::config
