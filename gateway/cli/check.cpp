#include <fmt/format.h>

#include <cstdio>

#include "gateway/assembly/directory_check.hpp"
#include "gateway/assembly/live_lists.hpp"
#include "gateway/assembly/live_routes.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/check_config.hpp"
#include "gateway/config/read_config.hpp"

namespace gateway::cli {
namespace {

constexpr int exit_warnings = 2;

int usage() {
  std::fputs("usage: gatepost check [-c FILE] [--strict] [--live]\n", stderr);
  return exit_usage;
}

std::string counted(std::size_t number, const char* noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

int run_check(std::span<const std::string> arguments) {
  const auto options = parse_options(arguments, {}, {"strict", "live"});
  if (!options || !options->rest.empty()) return usage();
  const std::string& file = options->config_path;
  config::Findings findings;
  const auto read = config::read_config(file, findings);
  if (read) {
    const auto found = config::check_config(**read);
    findings.insert(findings.end(), found.begin(), found.end());
    if (options->has("live")) {
      for (const auto& check : config::live_checks()) check.run(**read, findings);
      check_directories(**read, findings);
      check_dns_lists(**read, findings);
      check_servers_of_routes(*read, findings);
    }
  } else {
    findings.insert(findings.end(), read.error().begin(), read.error().end());
  }
  std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  std::size_t errors = 0, warnings = 0;
  for (const auto& finding : findings) {
    std::fprintf(stderr, "%s\n", to_string(finding).c_str());
    errors += finding.severity == config::Severity::error ? 1 : 0;
    warnings += finding.severity == config::Severity::warning ? 1 : 0;
  }
  std::string verdict = "ok";
  if (errors != 0 && warnings != 0)
    verdict = counted(errors, "error") + ", " + counted(warnings, "warning");
  else if (errors != 0)
    verdict = counted(errors, "error");
  else if (warnings != 0)
    verdict = counted(warnings, "warning");
  std::fprintf(errors != 0 ? stderr : stdout, "%s: %s\n", file.c_str(), verdict.c_str());
  if (errors != 0) return exit_failed;
  return options->has("strict") && warnings != 0 ? exit_warnings : exit_done;
}

}  // namespace gateway::cli
