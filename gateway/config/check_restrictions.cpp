#include <fmt/format.h>

#include <unordered_set>

#include "gateway/config/check_config.hpp"
#include "gateway/config/check_maps.hpp"
#include "gateway/config/open_relay.hpp"
#include "gateway/config/rules_of.hpp"
#include "policy/rule_set.hpp"

namespace gateway::config {
namespace {

Severity severity_of(policy::Severity severity) {
  switch (severity) {
    case policy::Severity::note:
      return Severity::note;
    case policy::Severity::warning:
      return Severity::warning;
    case policy::Severity::error:
      break;
  }
  return Severity::error;
}

Place relay_place(const Config& config, const std::string& set) {
  const std::string path = set.empty() ? "restrictions" : "restrictions." + set;
  const Place recipient = place_of(config, path + ".recipient");
  return recipient.line != 0 ? recipient : place_of(config, path);
}

/// True when clients come to this set that need not log in.
bool serves_strangers(const Config& config, const std::string& set) {
  return std::any_of(config.listeners.begin(), config.listeners.end(), [&](const Listener& listener) {
    return listener.restrictions == set && listener.auth != ListenerAuth::required;
  });
}

}  // namespace

void check_restrictions(const Config& config, std::vector<Finding>& findings) {
  // Sets share the stages of the unnamed one: what was said of these is said once.
  std::unordered_set<std::string> said;
  const auto say = [&](Finding finding) {
    if (said.insert(to_string(finding)).second) findings.push_back(std::move(finding));
  };
  for (const std::string& set : sets_in_use(config)) {
    std::vector<policy::RuleProblem> problems;
    const auto rules = policy::parse_rules(rules_of(config, set), problems);
    if (!rules)
      for (const auto& problem : rules.error())
        if (std::find(problems.begin(), problems.end(), problem) == problems.end()) problems.push_back(problem);
    for (const auto& problem : problems)
      // Said below as an error, where the lists stand.
      if (!problem.text.starts_with("open relay"))
        say({severity_of(problem.severity), place_of_rule(config, set, problem.place), problem.text});
    if (!rules) continue;
    for (const auto& use : (*rules)->tables()) {
      std::vector<Finding> found;
      check_map(config, {use.table, place_of_rule(config, set, use.place)}, found);
      for (auto& finding : found) say(std::move(finding));
    }
    if (!(*rules)->denies_relay())
      say({Severity::error, relay_place(config, set),
           fmt::format("{}no restriction denies relaying, so all mail would be refused with 451; put "
                       "reject_unauth_destination (or reject) into \"relay\" or \"recipient\"",
                       set.empty() ? "" : "set \"" + set + "\": ")});
    else if (const auto hole = serves_strangers(config, set) ? find_relay_hole(config, **rules) : std::nullopt)
      say({Severity::error, relay_place(config, set),
           fmt::format("{}open relay: a stranger may send to {}{}; put reject_unauth_destination in front",
                       set.empty() ? "" : "set \"" + set + "\": ", hole->recipient,
                       hole->item.empty() ? "" : " because of \"" + hole->item + "\"")});
  }
}

}  // namespace gateway::config
