#include "lookup/table_problem.hpp"

#include <fmt/core.h>

namespace lookup {

std::string to_string(const TableProblem& problem) {
  if (problem.line == 0) return problem.file.empty() ? problem.text : fmt::format("{}: {}", problem.file, problem.text);
  if (problem.file.empty()) return fmt::format("line {}: {}", problem.line, problem.text);
  return fmt::format("{}:{}: {}", problem.file, problem.line, problem.text);
}

std::string to_string(const TableProblems& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (!text.empty()) text += "; ";
    text += to_string(problem);
  }
  return text;
}

}  // namespace lookup
