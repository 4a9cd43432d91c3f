#include "gateway/assembly/live_lists.hpp"

#include "gateway/assembly/list_check.hpp"
#include "gateway/assembly/resolver_settings.hpp"
#include "gateway/config/rules_of.hpp"
#include "gateway/net/asio.hpp"
#include "policy/rule_set.hpp"

namespace gateway {

namespace {

struct Named {
  ListSubjects subjects;
  config::Place place;
};

/// The lists, each with the first place that names it.
std::map<std::string, Named> named_lists(const config::Config& config) {
  std::map<std::string, Named> lists;
  for (const auto& set : config::sets_in_use(config)) {
    std::vector<policy::RuleProblem> ignored;
    const auto rules = policy::parse_rules(config::rules_of(config, set), ignored);
    if (!rules) continue;
    for (const auto& use : (*rules)->dnsbl_zones()) {
      const auto [list, is_new] = lists.try_emplace(use.zone);
      if (is_new) list->second.place = config::place_of_rule(config, set, use.place);
      (use.of_names ? list->second.subjects.names : list->second.subjects.addresses) = true;
    }
  }
  return lists;
}

}  // namespace

void check_dns_lists(const config::Config& config, std::vector<config::Finding>& findings) {
  const auto lists = named_lists(config);
  if (lists.empty()) return;
  asio::io_context loop{1};
  auto resolver = lookup::open_unbound_resolver(loop, resolver_options(config));
  if (!resolver) {
    findings.push_back({config::Severity::error, place_of(config, "dns"), resolver.error()});
    return;
  }
  std::map<std::string, ListCheck> checks;
  for (const auto& [zone, named] : lists) {
    if (const auto what = retired_list(zone); !what.empty()) {
      checks[zone] = {ListState::silent, std::string(what)};
      continue;
    }
    check_list(**resolver, zone, named.subjects, [&checks, name = zone](ListCheck check) { checks[name] = check; });
  }
  const auto end = std::chrono::steady_clock::now() + config.dns.timeout + std::chrono::seconds(2);
  const auto keep_running = asio::make_work_guard(loop);
  while (checks.size() < lists.size() && std::chrono::steady_clock::now() < end) loop.run_one_until(end);
  for (const auto& [zone, named] : lists) {
    const auto check = checks.find(zone);
    const ListCheck found =
        check != checks.end() ? check->second : ListCheck{ListState::silent, "does not answer in time"};
    if (found.state == ListState::good) continue;
    findings.push_back({config::Severity::warning, named.place, "DNS list " + zone + " " + found.detail});
  }
}

}  // namespace gateway
