#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

#include "gateway/cli/log_time.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/reject_report.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/config/units.hpp"
#include "gateway/log.hpp"

namespace gateway::cli {

namespace {

int usage() {
  std::fputs(
      "usage: gatepost rejects [FILE...] [--since TIME] [--recipient ADDRESS] [--list] [--top N] [--json]\n"
      "  FILE         a mail log, Gatepost's or Postfix's; \"-\": standard input (zcat mail.log.*.gz | gatepost "
      "rejects)\n"
      "  --since      2026-11-20, 2026-11-20T08:00:00, or how long ago: 12h, 7d\n"
      "  --recipient  only what was sent to this address; with --list: who sent it, one line each\n",
      stderr);
  return exit_usage;
}

/// nullopt for text that is no time.
std::optional<std::time_t> parse_since(const std::string& text, std::time_t now) {
  if (text.empty()) return 0;
  if (const auto time = parse_log_time(text.size() == 10 ? text + "T00:00:00" : text, now)) return time->time;
  if (const auto ago = config::parse_duration(text)) return now - static_cast<std::time_t>(ago->count());
  return std::nullopt;
}

/// Without a file on the command line: standard input, or the daemon's own log when nothing is piped in.
std::vector<std::string> default_files(const std::string& config_path) {
  if (::isatty(STDIN_FILENO) == 0) return {"-"};
  config::Findings findings;
  const auto config = config::read_config(config_path, findings, config::Secrets::unread);
  if (config && (*config)->logging.to.starts_with("file:")) return {(*config)->logging.to.substr(5)};
  return {};
}

bool same_address(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [lower](char a, char b) { return lower(a) == lower(b); });
}

struct Wishes {
  std::time_t since = 0;
  std::string recipient;
  bool list = false;
};

/// One refused mail on a line, as scripts around Postfix logs print it: number, time, sender, and the recipient when
/// all are shown.
void print_reject(std::uint64_t number, const Reject& reject, const Wishes& wishes) {
  const std::string sender = escape_for_log(reject.sender.empty() ? "<>" : reject.sender);
  const std::string behind = wishes.recipient.empty() ? "->" + escape_for_log(reject.recipient) : "";
  std::printf("%4llu %s %s%s\n", static_cast<unsigned long long>(number), reject.when.c_str(), sender.c_str(),
              behind.c_str());
}

void read_log(std::istream& log, const Wishes& wishes, std::time_t now, RejectReport& report) {
  for (std::string line; std::getline(log, line);) {
    const auto reject = parse_reject_line(line, now);
    if (!reject || (wishes.since != 0 && reject->time < wishes.since)) continue;
    if (!wishes.recipient.empty() && !same_address(reject->recipient, wishes.recipient)) continue;
    report.add(*reject);
    if (wishes.list) print_reject(report.total(), *reject, wishes);
  }
}

}  // namespace

/// `gatepost rejects [FILE...]`: who was refused, why, by day, sender, recipient, client and list.
int run_rejects(std::span<const std::string> arguments) {
  const auto options = parse_options(arguments, {"since", "top", "recipient"}, {"json", "list"});
  if (!options) return usage();
  const auto now = std::time(nullptr);
  const auto since = parse_since(options->value("since"), now);
  const auto top = config::parse_integer(options->value("top", "10"));
  if (!since || !top || *top < 0) return usage();
  const Wishes wishes{*since, options->value("recipient"), options->has("list")};
  const auto files = options->rest.empty() ? default_files(options->config_path) : options->rest;
  if (files.empty()) return usage();
  std::ios::sync_with_stdio(false);
  RejectReport report;
  for (const auto& file : files) {
    if (file == "-") {
      read_log(std::cin, wishes, now, report);
      continue;
    }
    std::ifstream log(file);
    if (!log) {
      std::fprintf(stderr, "gatepost: cannot read %s\n", file.c_str());
      return exit_failed;
    }
    read_log(log, wishes, now, report);
  }
  if (wishes.list) return exit_done;
  const auto text =
      options->has("json") ? report.json(static_cast<std::size_t>(*top)) : report.text(static_cast<std::size_t>(*top));
  std::fputs(text.c_str(), stdout);
  return exit_done;
}

}  // namespace gateway::cli
