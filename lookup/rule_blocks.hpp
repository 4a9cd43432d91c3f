#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lookup/table_problem.hpp"

namespace lookup {

/// Matches if to endif while a cidr or pattern table is read.
class RuleBlocks {
 public:
  void open(std::size_t rule, int line) { open_.emplace_back(rule, line); }

  /// The rule of the innermost `if`, which ends here; nothing when there is none.
  bool close(std::size_t& rule) {
    if (open_.empty()) return false;
    rule = open_.back().first;
    open_.pop_back();
    return true;
  }

  /// Reports each `if` that never ended.
  void finish(TableProblems& problems, const std::string& file) const {
    for (const auto& [rule, line] : open_) problems.push_back({line, "this if has no endif", file});
  }

 private:
  std::vector<std::pair<std::size_t, int>> open_;
};

}  // namespace lookup
