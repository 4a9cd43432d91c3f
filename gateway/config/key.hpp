#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/config/value.hpp"

namespace gateway::config {

class Reading;

enum class KeyType : std::uint8_t {
  yes_no,
  integer,
  duration,
  short_duration,
  size,
  rate,
  percent,
  text,
  host_name,
  secret,
  path,
  choice,
  texts,
  choices,
  networks,
  addresses,
  maps,
  restrictions,
  pairs,
  preset_line,
  section,      // a mapping with fixed keys: "limits"
  names,        // a mapping from names of the admin's choice to sections: "domains"
  items,        // a list of sections: "listeners"
  unsupported,  // known, but not done by this version
};

/// One key of the configuration file: all that is known of it, in one place. The parser, the JSON Schema, the reference
/// page, the template and `config show` come from the tree that these form.
///
/// `owner` in the functions is the struct that holds the key's value: Config itself, a Listener, a Route ...
struct Key {
  std::string name;
  KeyType type{};
  std::string doc;       // sentences
  std::string example;   // a valid value that is not the default, as YAML
  std::string fallback;  // the default in words, where it depends on something else
  std::vector<std::string> choices;
  std::int64_t least = 0, most = 0;  // integer
  bool required = false;
  bool restart_only = false;

  std::vector<Key> children;  // section; of one item for names, items
  /// What a section does with other keys than its children: named sets under "restrictions". One element or none.
  std::vector<Key> others;

  /// Scalars and lists: parses into the owner, or reports why not.
  std::function<void(Reading&, void* owner, const Value&)> store;
  /// Scalars and lists: the owner's value as YAML text.
  std::function<std::string(const void* owner)> show;

  /// Sections: the struct that owns the children. `peek` gives null for an optional one that is absent.
  std::function<void*(void* owner)> enter;
  std::function<const void*(const void* owner)> peek;

  /// Names and items: appends one, counts them, gives the name and address of one.
  std::function<void*(void* owner, const std::string& name, const Place&)> add;
  std::function<std::size_t(const void* owner)> count;
  std::function<std::pair<std::string, const void*>(const void* owner, std::size_t index)> item;

  /// Names, items and optional sections: one with all defaults.
  std::shared_ptr<const void> blank;
};

/// The whole table: a section whose owner is a Config.
const Key& all_keys();

/// A Config in which nothing was set: the owner of all defaults.
const Config& default_config();

/// Calls `visit` for each key that holds a value, with its path ("listeners[].port", "domains.*.class") and the struct
/// that holds its default. In the order of the table.
void for_each_key(const std::function<void(const std::string& path, const Key& key, const void* blank)>& visit);

}  // namespace gateway::config
