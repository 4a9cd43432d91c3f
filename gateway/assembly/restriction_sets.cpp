#include "gateway/assembly/restriction_sets.hpp"

#include <map>

namespace gateway {

namespace {

using OptionalTexts = std::optional<config::Texts> config::RestrictionSet::*;

constexpr std::pair<policy::Stage, OptionalTexts> stages[] = {
    {policy::Stage::client, &config::RestrictionSet::client},
    {policy::Stage::helo, &config::RestrictionSet::helo},
    {policy::Stage::sender, &config::RestrictionSet::sender},
    {policy::Stage::relay, &config::RestrictionSet::relay},
    {policy::Stage::recipient, &config::RestrictionSet::recipient},
    {policy::Stage::data, &config::RestrictionSet::data},
    {policy::Stage::end_of_data, &config::RestrictionSet::end_of_data},
    {policy::Stage::etrn, &config::RestrictionSet::etrn},
};

const config::RestrictionSet* find_set(const config::Config& config, const std::string& name) {
  for (const auto& set : config.restrictions)
    if (set.name == name) return &set;
  return nullptr;
}

/// The list of a stage: the named set's, else the unnamed one's, else null.
const config::Texts* find_list(const config::Config& config, const std::string& set_name, OptionalTexts stage) {
  for (const auto& name : {set_name, std::string()}) {
    const auto* set = find_set(config, name);
    if (set != nullptr && (set->*stage)) return &*(set->*stage);
  }
  return nullptr;
}

std::optional<policy::RuleTexts::List>& list_of(policy::RuleTexts& texts, policy::Stage stage) {
  switch (stage) {
    case policy::Stage::client:
      return texts.client;
    case policy::Stage::helo:
      return texts.helo;
    case policy::Stage::sender:
      return texts.sender;
    case policy::Stage::relay:
      return texts.relay;
    case policy::Stage::recipient:
      return texts.recipient;
    case policy::Stage::data:
      return texts.data;
    case policy::Stage::end_of_data:
      return texts.end_of_data;
    case policy::Stage::etrn:
      break;
  }
  return texts.etrn;
}

policy::RuleTexts::List plain(const config::Texts& texts) {
  policy::RuleTexts::List list;
  for (const auto& text : texts) list.push_back(text.text);
  return list;
}

config::Place place_of(const config::Config& config, const std::string& set_name, const policy::RulePlace& place) {
  const config::Texts* list = nullptr;
  if (!place.class_name.empty()) {
    for (const auto& restriction_class : config.restriction_classes)
      if (restriction_class.name == place.class_name) list = &restriction_class.items;
  } else {
    for (const auto& [stage, member] : stages)
      if (stage == place.stage) list = find_list(config, set_name, member);
  }
  if (list != nullptr && place.index < list->size()) return (*list)[place.index].place;
  return {config.file, 0, 0};
}

config::Severity severity_of(policy::Severity severity) {
  return severity == policy::Severity::error     ? config::Severity::error
         : severity == policy::Severity::warning ? config::Severity::warning
                                                 : config::Severity::note;
}

}  // namespace

policy::RuleTexts rule_texts(const config::Config& config, const std::string& set_name,
                             const std::set<std::string>& whole_key_tables) {
  policy::RuleTexts texts;
  texts.delay_reject = config.delay_reject;
  texts.helo_required = config.helo_required;
  texts.recipient_delimiter = config.recipient_delimiter;
  texts.greylist_ipv4_prefix = config.greylist.ipv4_prefix;
  texts.greylist_ipv6_prefix = config.greylist.ipv6_prefix;
  texts.whole_key_tables = whole_key_tables;
  texts.own_names = {config.hostname};
  texts.own_addresses = config.proxy_interfaces;
  for (const auto& [stage, member] : stages)
    if (const auto* list = find_list(config, set_name, member)) list_of(texts, stage) = plain(*list);
  if (!texts.relay) texts.relay = {{"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination"}};
  for (const auto& restriction_class : config.restriction_classes)
    texts.classes.emplace_back(restriction_class.name, plain(restriction_class.items));
  return texts;
}

std::vector<std::shared_ptr<const policy::RuleSet>> parse_restriction_sets(
    const config::Config& config, const std::set<std::string>& whole_key_tables,
    std::vector<config::Finding>& findings) {
  std::map<std::string, std::shared_ptr<const policy::RuleSet>> parsed;
  std::vector<std::shared_ptr<const policy::RuleSet>> result;
  for (const auto& listener : config.listeners) {
    const auto& name = listener.restrictions;
    if (!parsed.contains(name)) {
      std::vector<policy::RuleProblem> notices;
      auto rules = policy::parse_rules(rule_texts(config, name, whole_key_tables), notices);
      auto problems = rules ? std::vector<policy::RuleProblem>{} : rules.error();
      problems.insert(problems.end(), notices.begin(), notices.end());
      for (const auto& problem : problems)
        findings.push_back({severity_of(problem.severity), place_of(config, name, problem.place), problem.text});
      if (rules && !(*rules)->denies_relay())
        findings.push_back({config::Severity::error, listener.place,
                            "listener \"" + listener.name +
                                "\": no restriction denies relaying to strangers; add reject_unauth_destination to "
                                "restrictions.relay or restrictions.recipient"});
      parsed.emplace(name, rules ? *rules : nullptr);
    }
    result.push_back(parsed[name]);
  }
  return result;
}

}  // namespace gateway
