#include "gateway/assembly/restriction_sets.hpp"

#include <map>

#include "gateway/config/rules_of.hpp"

namespace gateway {

namespace {

config::Severity severity_of(policy::Severity severity) {
  return severity == policy::Severity::error     ? config::Severity::error
         : severity == policy::Severity::warning ? config::Severity::warning
                                                 : config::Severity::note;
}

}  // namespace

std::vector<std::shared_ptr<const policy::RuleSet>> parse_restriction_sets(const config::Config& config,
                                                                           std::vector<config::Finding>& findings) {
  std::map<std::string, std::shared_ptr<const policy::RuleSet>> parsed;
  for (const auto& name : config::sets_in_use(config)) {
    std::vector<policy::RuleProblem> problems;
    auto rules = policy::parse_rules(config::rules_of(config, name), problems);
    if (!rules) problems.insert(problems.end(), rules.error().begin(), rules.error().end());
    for (const auto& problem : problems)
      findings.push_back(
          {severity_of(problem.severity), config::place_of_rule(config, name, problem.place), problem.text});
    if (rules && !(*rules)->denies_relay())
      findings.push_back({config::Severity::error, config::place_of(config, "restrictions"),
                          "no restriction denies relaying to strangers; add reject_unauth_destination to "
                          "restrictions.relay or restrictions.recipient"});
    parsed.emplace(name, rules ? *rules : nullptr);
  }
  std::vector<std::shared_ptr<const policy::RuleSet>> result;
  for (const auto& listener : config.listeners) result.push_back(parsed[listener.restrictions]);
  return result;
}

}  // namespace gateway
