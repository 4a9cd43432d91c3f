#include "gateway/cli/reject_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gateway::cli {

namespace {

/// Who sends junk invents names: more different ones than this are counted together.
constexpr std::size_t most_names = 500'000;

void append_table(std::string& out, std::string_view title, const RejectReport::Ranking& lines, std::size_t known) {
  if (lines.empty()) return;
  out +=
      fmt::format("\n{}{}\n", title, lines.size() < known ? fmt::format(" (first {} of {})", lines.size(), known) : "");
  for (const auto& [name, count] : lines) out += fmt::format("{:8}  {}\n", count, name);
}

nlohmann::ordered_json to_json(const RejectReport::Ranking& lines, const char* name) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& [value, count] : lines) list.push_back({{name, value}, {"count", count}});
  return list;
}

}  // namespace

void RejectReport::count(Counts& counts, const std::string& name) {
  if (counts.size() >= most_names && !counts.contains(name))
    ++counts["(others)"];
  else
    ++counts[name];
}

void RejectReport::add(const Reject& reject) {
  ++total_;
  ++days_[reject.day.empty() ? "(no date)" : reject.day];
  count(reasons_, reject.reason);
  if (!reject.list.empty()) count(lists_, reject.list);
  count(senders_, reject.sender.empty() ? "<>" : reject.sender);
  if (!reject.recipient.empty()) count(recipients_, reject.recipient);
  const bool is_named = !reject.client_name.empty() && reject.client_name != "unknown";
  count(clients_, is_named ? reject.client_address + " " + reject.client_name : reject.client_address);
}

RejectReport::Ranking RejectReport::rank(const Counts& counts, std::size_t top) {
  Ranking ranking(counts.begin(), counts.end());
  std::sort(ranking.begin(), ranking.end(), [](const auto& left, const auto& right) {
    return left.second != right.second ? left.second > right.second : left.first < right.first;
  });
  if (top != 0 && ranking.size() > top) ranking.resize(top);
  return ranking;
}

std::string RejectReport::text(std::size_t top) const {
  std::string out = fmt::format("{} reject{}\n", total_, total_ == 1 ? "" : "s");
  append_table(out, "By day", {days_.begin(), days_.end()}, days_.size());
  append_table(out, "By reason", rank(reasons_, 0), reasons_.size());
  append_table(out, "By DNS list", rank(lists_, top), lists_.size());
  append_table(out, "By sender", rank(senders_, top), senders_.size());
  append_table(out, "By recipient", rank(recipients_, top), recipients_.size());
  append_table(out, "By client", rank(clients_, top), clients_.size());
  return out;
}

std::string RejectReport::json(std::size_t top) const {
  nlohmann::ordered_json object;
  object["total"] = total_;
  object["days"] = to_json({days_.begin(), days_.end()}, "day");
  object["reasons"] = to_json(rank(reasons_, 0), "reason");
  object["lists"] = to_json(rank(lists_, top), "list");
  object["senders"] = to_json(rank(senders_, top), "sender");
  object["recipients"] = to_json(rank(recipients_, top), "recipient");
  object["clients"] = to_json(rank(clients_, top), "client");
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace gateway::cli
