#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lookup/table.hpp"

namespace lookup {

/// Several tables searched in order: the first that finds the key answers, one that is unavailable ends the search
/// (what a later table says cannot be trusted before the earlier one has spoken). An empty list finds nothing.
///
/// Must outlive its questions, as every table. Safe from all threads when all of its tables are.
class TableList final : public Table {
 public:
  explicit TableList(std::vector<std::shared_ptr<Table>> tables, std::string name = {});

  std::optional<Answer> find_now(std::string_view key) const override;
  void ask(std::string_view key, Done done) override;

  /// True when all of its tables take the whole key. For mixed lists ask tables() one by one.
  bool takes_whole_key() const override;
  const std::string& name() const override { return name_; }

  const std::vector<std::shared_ptr<Table>>& tables() const { return tables_; }

 private:
  void ask_from(std::size_t first, std::string key, Done done);

  std::vector<std::shared_ptr<Table>> tables_;
  std::string name_;
};

}  // namespace lookup
