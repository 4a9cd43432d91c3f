#include <fmt/core.h>

#include <array>
#include <iterator>
#include <map>

#include "gateway/cli/queue_text.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

namespace {

// Upper bounds of the columns in minutes; the last column has none.
constexpr std::array<int, 9> bounds = {5, 10, 20, 40, 80, 160, 320, 640, 1280};
using Row = std::array<std::uint64_t, bounds.size() + 1>;

std::size_t column_of(SystemTime arrival, SystemTime now) {
  std::size_t column = 0;
  while (column < bounds.size() && now - arrival >= std::chrono::minutes{bounds[column]}) ++column;
  return column;
}

std::uint64_t total_of(const Row& row) {
  std::uint64_t total = 0;
  for (const auto count : row) total += count;
  return total;
}

void append_row(std::string& into, std::string_view name, const Row& row) {
  std::string printable;
  append_printable(printable, name);
  fmt::format_to(std::back_inserter(into), "{:>40} {:>7}", printable, total_of(row));
  for (const auto count : row) fmt::format_to(std::back_inserter(into), " {:>6}", count);
  into += '\n';
}

void append_json_row(std::string& into, std::string_view name, const Row& row) {
  into += R"({"destination":)";
  append_json(into, name);
  fmt::format_to(std::back_inserter(into), R"(,"total":{},"by_age_minutes":{{)", total_of(row));
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string label = i < bounds.size() ? fmt::format("{}", bounds[i]) : fmt::format("{}+", bounds.back());
    fmt::format_to(std::back_inserter(into), R"({}"{}":{})", i == 0 ? "" : ",", label, row[i]);
  }
  into += "}}\n";
}

}  // namespace

int queue_summary(QueueOptions options) {
  const auto spool = open_queue_to_read(options);
  if (!spool) return complain(spool.error(), exit_failed);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::map<std::string, Row> rows;
  Row all{};
  (*spool)->for_each([&](const Envelope& envelope) {
    if (!options.filter.matches(envelope, now)) return true;
    const std::size_t column = column_of(envelope.arrival, now);
    for (const auto& recipient : envelope.recipients) {
      if (recipient.state != RecipientState::pending) continue;
      ++rows[lookup::ascii_lower(recipient.address.domain)][column];
      ++all[column];
    }
    return true;
  });
  std::vector<std::pair<std::string, Row>> sorted(rows.begin(), rows.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return total_of(a.second) > total_of(b.second); });
  Output output;
  if (options.json) {
    for (const auto& [name, row] : sorted) append_json_row(output.text(), name, row);
  } else {
    fmt::format_to(std::back_inserter(output.text()), "{:>40} {:>7}", "", "T");
    for (const int bound : bounds) fmt::format_to(std::back_inserter(output.text()), " {:>6}", bound);
    fmt::format_to(std::back_inserter(output.text()), " {:>5}+\n", bounds.back());
    append_row(output.text(), "TOTAL", all);
    for (const auto& [name, row] : sorted) append_row(output.text(), name, row);
  }
  return output.flush() ? exit_done : exit_failed;
}

}  // namespace gateway::cli
