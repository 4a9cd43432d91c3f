#include "gateway/config/rules_of.hpp"

namespace gateway::config {
namespace {

using StageList = std::optional<Texts> RestrictionSet::*;

const RestrictionSet* find_set(const Config& config, std::string_view name) {
  for (const auto& set : config.restrictions)
    if (set.name == name) return &set;
  return nullptr;
}

const std::optional<Texts>* stage_of(const Config& config, std::string_view set, StageList stage) {
  const RestrictionSet* const named = find_set(config, set);
  if (named != nullptr && (named->*stage).has_value()) return &(named->*stage);
  const RestrictionSet* const unnamed = find_set(config, "");
  return unnamed == nullptr ? nullptr : &(unnamed->*stage);
}

std::optional<policy::RuleTexts::List> texts_of(const Config& config, std::string_view set, StageList stage) {
  const auto* const list = stage_of(config, set, stage);
  if (list == nullptr || !list->has_value()) return std::nullopt;
  policy::RuleTexts::List texts;
  for (const auto& item : **list) texts.push_back(item.text);
  return texts;
}

StageList member_of(policy::Stage stage) {
  switch (stage) {
    case policy::Stage::client:
      return &RestrictionSet::client;
    case policy::Stage::helo:
      return &RestrictionSet::helo;
    case policy::Stage::sender:
      return &RestrictionSet::sender;
    case policy::Stage::relay:
      return &RestrictionSet::relay;
    case policy::Stage::recipient:
      return &RestrictionSet::recipient;
    case policy::Stage::data:
      return &RestrictionSet::data;
    case policy::Stage::end_of_data:
      return &RestrictionSet::end_of_data;
    case policy::Stage::etrn:
      return &RestrictionSet::etrn;
  }
  return &RestrictionSet::recipient;
}

void word_refusals(const Refusals& refusals, policy::RuleTexts& rules) {
  rules.codes = refusals.codes;
  rules.show_user_unknown_table_name = refusals.show_user_unknown_table_name;
  rules.unknown_address_tempfail = refusals.unknown_address;
  rules.unknown_helo_hostname_tempfail = refusals.unknown_helo_hostname;
  rules.unverified_recipient_tempfail = refusals.unverified_recipient;
  rules.unverified_sender_tempfail = refusals.unverified_sender;
  rules.unverified_recipient_reject_reason = refusals.unverified_recipient_reject_reason;
  rules.unverified_sender_reject_reason = refusals.unverified_sender_reject_reason;
  rules.default_rbl_reply = refusals.default_rbl_reply;
  for (const auto& map : refusals.rbl_reply_maps) rules.rbl_reply_maps.push_back(map.text);
}

}  // namespace

policy::RuleTexts rules_of(const Config& config, std::string_view set) {
  policy::RuleTexts rules;
  rules.delay_reject = config.delay_reject;
  rules.helo_required = config.helo_required;
  rules.client = texts_of(config, set, &RestrictionSet::client);
  rules.helo = texts_of(config, set, &RestrictionSet::helo);
  rules.sender = texts_of(config, set, &RestrictionSet::sender);
  rules.relay = texts_of(config, set, &RestrictionSet::relay);
  // Strangers get a final answer by default, where Postfix's own default only defers them.
  if (!rules.relay) rules.relay = {{"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination"}};
  rules.recipient = texts_of(config, set, &RestrictionSet::recipient);
  rules.data = texts_of(config, set, &RestrictionSet::data);
  rules.end_of_data = texts_of(config, set, &RestrictionSet::end_of_data);
  rules.etrn = texts_of(config, set, &RestrictionSet::etrn);
  for (const auto& each : config.restriction_classes) {
    auto& members = rules.classes.emplace_back(each.name, policy::RuleTexts::List{}).second;
    for (const auto& item : each.items) members.push_back(item.text);
  }
  rules.recipient_delimiter = config.recipient_delimiter;
  rules.greylist_ipv4_prefix = config.greylist.ipv4_prefix;
  rules.greylist_ipv6_prefix = config.greylist.ipv6_prefix;
  for (const auto& table : config.tables)
    if (table.type == "pcre" || table.type == "regexp" || table.type == "cidr")
      rules.whole_key_tables.insert(table.name);
  rules.reject_unlisted_sender = config.reject_unlisted_sender;
  word_refusals(config.refusals, rules);
  for (const auto& map : config.tls.relay_clientcerts) rules.relay_clientcerts.push_back(map.text);
  rules.own_names = {config.hostname};
  for (const auto& domain : config.domains)
    if (domain.domain_class == DomainClass::local) rules.own_names.push_back(domain.name);
  rules.mx_backup_networks = config.permit_mx_backup_networks;
  rules.own_addresses = config.proxy_interfaces;
  return rules;
}

Place place_of_rule(const Config& config, std::string_view set, const policy::RulePlace& place) {
  if (!place.class_name.empty()) {
    for (const auto& each : config.restriction_classes)
      if (each.name == place.class_name && place.index < each.items.size()) return each.items[place.index].place;
    return place_of(config, "restriction_classes");
  }
  const auto* const list = stage_of(config, set, member_of(place.stage));
  if (list != nullptr && list->has_value() && place.index < (*list)->size()) return (**list)[place.index].place;
  return place_of(config, "restrictions");
}

std::vector<std::string> sets_in_use(const Config& config) {
  std::vector<std::string> sets;
  for (const auto& listener : config.listeners)
    if (std::find(sets.begin(), sets.end(), listener.restrictions) == sets.end()) sets.push_back(listener.restrictions);
  std::stable_partition(sets.begin(), sets.end(), [](const std::string& set) { return set.empty(); });
  return sets;
}

}  // namespace gateway::config
