#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lookup {

/// What is wrong with one line of a table. `line` counts from 1; 0 means the table as a whole. `file` is empty when
/// the text stands in the configuration itself (`line` then counts from the start of that text).
struct TableProblem {
  int line = 0;
  std::string text;
  std::string file;
  bool operator==(const TableProblem&) const = default;
};

using TableProblems = std::vector<TableProblem>;

/// "/etc/gatepost/white:12: expected: key, white space, value"
std::string to_string(const TableProblem& problem);

/// All of them, joined by "; ".
std::string to_string(const TableProblems& problems);

}  // namespace lookup
