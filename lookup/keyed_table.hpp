#pragma once

#include <string>
#include <string_view>

#include "lookup/open_table.hpp"
#include "lookup/string_map.hpp"

namespace lookup {

/// A table of exact keys in memory, for inline, file and lmdb. Keys are compared in folded case and without the quotes
/// of local parts, as Postfix does.
class KeyedTable final : public Table {
 public:
  explicit KeyedTable(std::string name) : name_(std::move(name)) {}

  /// False when the key was there; its value is then replaced. Only before the table is shared.
  bool insert(std::string_view key, std::string value);
  std::size_t size() const { return values_.size(); }

  std::optional<Answer> find_now(std::string_view key) const override;
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  StringMap<std::string> values_;
};

/// Table text: key, white space, value. A key may stand in double quotes; "key: value" of alias files is read too.
/// Of equal keys the last counts, with a warning.
TableResult read_keyed_table(std::string_view text, std::string name, const std::string& file = {});

}  // namespace lookup
