#include <fmt/core.h>

#include <algorithm>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/restriction_items.hpp"
#include "gateway/postfix/translation.hpp"
#include "lookup/address.hpp"
#include "policy/rule_set.hpp"

namespace gateway::postfix {

namespace {

using List = policy::RuleTexts::List;

struct StageList {
  const char* parameter;
  const char* key;
  std::optional<List> policy::RuleTexts::*texts;
};

constexpr StageList stages[] = {
    {"smtpd_client_restrictions", "client", &policy::RuleTexts::client},
    {"smtpd_helo_restrictions", "helo", &policy::RuleTexts::helo},
    {"smtpd_sender_restrictions", "sender", &policy::RuleTexts::sender},
    {"smtpd_relay_restrictions", "relay", &policy::RuleTexts::relay},
    {"smtpd_recipient_restrictions", "recipient", &policy::RuleTexts::recipient},
    {"smtpd_data_restrictions", "data", &policy::RuleTexts::data},
    {"smtpd_end_of_data_restrictions", "end_of_data", &policy::RuleTexts::end_of_data},
    {"smtpd_etrn_restrictions", "etrn", &policy::RuleTexts::etrn},
};

std::vector<std::string> class_names(Translation& translation) {
  return translation.words("smtpd_restriction_classes");
}

/// The item with its map as ours; nullopt, after a note, when its map cannot be carried over.
std::optional<std::string> carry_arguments(Translation& translation, std::string_view name, const config::Place& place,
                                           RestrictionItem item) {
  std::string& last = item.words.back();
  const auto verb = lookup::ascii_lower(item.verb());
  if (verb == "check_policy_service") {
    if (last.starts_with("unix:")) last = "unix:" + queue_path(translation, last.substr(5));
  } else if (last.find(':') != std::string::npos && !last.starts_with('{') && !verb.starts_with("reject_r") &&
             !verb.starts_with("permit_")) {
    auto map = carry_map(translation, name, place, last);
    if (!map) return std::nullopt;
    last = std::move(*map);
  }
  return item.text();
}

/// Why policy refuses one item of a stage, "" when it takes it. Old spellings and small slips are taken.
std::string refusal_of(const std::vector<std::string>& classes, std::optional<List> policy::RuleTexts::*stage,
                       const std::string& item) {
  policy::RuleTexts texts;
  for (const auto& each : classes) texts.classes.emplace_back(each, List{"permit"});
  texts.*stage = List{item};
  std::vector<policy::RuleProblem> notices;
  const auto rules = policy::parse_rules(texts, notices);
  if (rules) return {};
  for (const auto& problem : rules.error())
    if (problem.severity == policy::Severity::error) return problem.text;
  return "it is not understood";
}

/// Writes one list to the draft. What cannot be carried over stays behind as a comment in its place. Returns the items.
List carry_list(Translation& translation, const Setting& setting, const std::string& expanded, const Draft::Path& path,
                std::optional<List> policy::RuleTexts::*stage, const std::string& origin) {
  const auto classes = class_names(translation);
  List items;
  translation.draft.make_list(path, origin);
  for (auto& item : restriction_items(expanded)) {
    const auto said = item.text();
    auto text = carry_arguments(translation, setting.name, setting.place, item);
    std::string why = "see above";
    if (text) why = refusal_of(classes, stage, *text);
    if (text && why.empty()) {
      items.push_back(*text);
      translation.draft.add(path, config::print_text(*text));
      continue;
    }
    translation.draft.remark(path, "NOT CARRIED OVER: " + said);
    translation.note_at(setting.place, fmt::format("{}: RESTRICTION LOST: \"{}\": {}", setting.name, said, why));
  }
  return items;
}

void carry_classes(Translation& translation) {
  for (const auto& name : class_names(translation)) {
    const auto* setting = translation.main.find(name);
    if (setting == nullptr) {
      translation.note("smtpd_restriction_classes", fmt::format("{} is not defined; it does nothing", name));
      translation.draft.set({"restriction_classes", name}, "[]");
      continue;
    }
    carry_list(translation, *setting, translation.value(name), {"restriction_classes", name},
               &policy::RuleTexts::recipient, translation.origin(name));
  }
}

/// The unnamed lists, for the question whether relaying is denied.
policy::RuleTexts carry_main_lists(Translation& translation) {
  policy::RuleTexts texts;
  for (const auto& name : class_names(translation)) {
    List items;
    for (const auto& item : restriction_items(translation.value(name))) items.push_back(item.text());
    texts.classes.emplace_back(name, std::move(items));
  }
  for (const auto& stage : stages) {
    const auto* setting = translation.main.find(stage.parameter);
    if (setting == nullptr) continue;
    texts.*stage.texts = carry_list(translation, *setting, translation.value(stage.parameter),
                                    {"restrictions", stage.key}, stage.texts, translation.origin(stage.parameter));
  }
  return texts;
}

bool denies_relay(const policy::RuleTexts& texts) {
  std::vector<policy::RuleProblem> notices;
  const auto rules = policy::parse_rules(texts, notices);
  return rules && (*rules)->denies_relay();
}

/// Before Postfix 2.10 the recipient list alone decided about relaying; files of that time have no
/// compatibility_level. The default relay list would then refuse what the recipient list permits by a table.
void keep_old_relay_rule(Translation& translation, policy::RuleTexts& texts) {
  const bool is_old =
      translation.value("compatibility_level").empty() || translation.value("compatibility_level") == "0";
  if (texts.relay || !texts.recipient || !is_old) return;
  texts.relay = List{};
  if (denies_relay(texts)) {
    translation.draft.make_list({"restrictions", "relay"},
                                "Without compatibility_level: the recipient list alone decides about relaying.");
    return;
  }
  texts.relay.reset();
}

void guard_against_open_relay(Translation& translation, policy::RuleTexts& texts) {
  if (denies_relay(texts)) return;
  const bool by_relay = texts.relay.has_value() && !texts.relay->empty();
  const char* key = by_relay ? "relay" : "recipient";
  translation.draft.remark({"restrictions", key}, "Added: nothing else here keeps strangers from relaying.");
  translation.draft.add({"restrictions", key}, "reject_unauth_destination");
  translation.note(by_relay ? "smtpd_relay_restrictions" : "smtpd_recipient_restrictions",
                   "nothing in the lists denies relaying; reject_unauth_destination was added at the end");
}

void carry_networks(Translation& translation, const std::string& name, const Draft::Path& path) {
  if (!translation.main.has(name)) return;
  std::vector<std::string> networks;
  for (const auto& word : translation.words(name)) {
    if (const auto network = lookup::parse_network(word))
      networks.push_back(network->to_string());
    else
      translation.note(name, fmt::format("{} is not carried over: only networks may be listed", word));
  }
  translation.draft.set(path, config::print_list(networks), translation.origin(name));
}

}  // namespace

void carry_restrictions(Translation& translation) {
  carry_networks(translation, "permit_mx_backup_networks", {"restrictions", "permit_mx_backup_networks"});
  carry_networks(translation, "smtpd_client_event_limit_exceptions", {"rate_limits", "exceptions"});
  carry_classes(translation);
  auto texts = carry_main_lists(translation);
  keep_old_relay_rule(translation, texts);
  guard_against_open_relay(translation, texts);
  if (translation.main.has("smtpd_reject_unlisted_recipient") &&
      !is_yes(translation.value("smtpd_reject_unlisted_recipient")))
    translation.note("smtpd_reject_unlisted_recipient", "not carried over: unknown recipients are always refused");
  if (is_yes(translation.value("smtpd_reject_unlisted_sender"))) {
    if (!translation.draft.has({"restrictions", "sender"}))
      translation.draft.make_list({"restrictions", "sender"}, translation.origin("smtpd_reject_unlisted_sender"));
    translation.draft.add({"restrictions", "sender"}, "reject_unlisted_sender");
  }
}

bool carry_listener_restrictions(Translation& translation, const Service& service, const std::string& set) {
  // The overrides may use parameters that are overridden too ($mua_client_restrictions).
  MainCf main = translation.main;
  for (const auto& option : service.overrides) main.override_with(option);
  bool has_own = false;
  for (const auto& stage : stages)
    for (const auto& option : service.overrides) {
      if (option.name != stage.parameter) continue;
      const auto list = main.value(option.name);
      for (const auto& [name, setting] : translation.main.settings())
        if (main.was_read(name)) translation.main.mark_read(name);
      carry_list(translation, option, list, {"restrictions", set, stage.key}, stage.texts,
                 fmt::format("{} of {}, master.cf:{}", option.name, service.name, option.place.line));
      has_own = true;
    }
  return has_own;
}

}  // namespace gateway::postfix
