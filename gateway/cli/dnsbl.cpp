#include <cstdio>

#include "gateway/assembly/dnsbl_health.hpp"
#include "gateway/cli/dry_run.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "policy/rule_set.hpp"

namespace gateway::cli {

namespace {

struct Line {
  std::string zone;
  ListSubjects subjects;
  lookup::Answer listed, text;
  ListCheck health;
};

}  // namespace

/// `gatepost dnsbl IP`: asks every configured list and its test entries, all at once. Exit 1 when one names the
/// address.
int run_dnsbl(std::span<const std::string> arguments) {
  const auto options = parse_config_option(arguments);
  if (!options || options->rest.size() != 1) {
    std::fputs("usage: gatepost dnsbl [-c FILE] IP\n", stderr);
    return exit_usage;
  }
  const auto ip = lookup::parse_ip(options->rest[0]);
  if (!ip) {
    std::fprintf(stderr, "gatepost: %s is no IP address\n", options->rest[0].c_str());
    return exit_usage;
  }
  const auto dry_run = DryRun::open(options->config_path);
  if (!dry_run) return exit_failed;
  const auto zones = lists_of(dry_run->generation().rules);
  if (zones.empty()) {
    std::fputs("no DNS lists are configured\n", stderr);
    return exit_done;
  }
  std::vector<Line> lines;
  for (const auto& [zone, subjects] : zones) lines.push_back({zone, subjects, {}, {}, {}});
  std::size_t left = lines.size() * 3;
  dry_run->run([&](const std::function<void()>& finish) {
    for (auto& line : lines) {
      const std::string name = lookup::reversed_labels(*ip) + "." + line.zone;
      const auto one_less = [&left, finish] {
        if (--left == 0) finish();
      };
      dry_run->services().answer({policy::Ask::dnsbl, line.zone, name}, {}, [&line, one_less](lookup::Answer answer) {
        line.listed = std::move(answer);
        one_less();
      });
      check_list(dry_run->dns(), line.zone, line.subjects, [&line, one_less](ListCheck health) {
        line.health = std::move(health);
        one_less();
      });
      dry_run->dns().ask(lookup::DnsType::txt, name, [&line, one_less](const lookup::DnsAnswer& answer) {
        line.text = answer.answer;
        one_less();
      });
    }
  });
  bool listed = false;
  for (const auto& line : lines) {
    listed = listed || line.listed.is_found();
    const std::string what = line.listed.is_found()    ? "listed " + line.listed.joined()
                             : line.listed.is_absent() ? "not listed"
                                                       : "no answer: " + line.listed.detail;
    std::printf("%-40s %s%s%s\n", line.zone.c_str(), what.c_str(), line.text.is_found() ? "; " : "",
                line.text.joined().c_str());
    const auto retired = retired_list(line.zone);
    if (!retired.empty()) std::printf("%-40s ! it %s\n", "", std::string(retired).c_str());
    if (line.health.state != ListState::good)
      std::printf("%-40s ! it %s%s\n", "", line.health.detail.c_str(),
                  is_usable(line.health.state) ? "" : "; the daemon does not ask it");
  }
  return listed ? exit_failed : exit_done;
}

}  // namespace gateway::cli
