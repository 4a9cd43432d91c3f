#include "policy/rule_parser.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "lookup/address.hpp"
#include "policy/item_words.hpp"

namespace policy {

namespace {

const RuleTexts::List default_relay = {"permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination"};

bool ends_list(const Restriction& restriction) {
  return !restriction.warn_only &&
         (restriction.verb == Verb::permit || restriction.verb == Verb::reject || restriction.verb == Verb::defer);
}

}  // namespace

void RuleParser::add(const RulePlace& place, Severity severity, std::string text) {
  problems_.push_back({place, severity, std::move(text)});
}

void RuleParser::parse_all(RuleSet& rules, std::vector<RuleProblem>& problems) {
  RuleParser(rules, &rules, problems).parse_all();
}

void RuleParser::parse_all() {
  const RuleTexts& texts = rules_.texts_;
  // Names first: a class may name a class that is defined later.
  for (const auto& [name, list] : texts.classes) {
    const RulePlace place{Stage::client, name, 0};
    if (find_verb(name) || find_old_spelling(name) || equals_ignoring_case(name, "warn_if_reject"))
      add(place, Severity::error, fmt::format("'{}' is the name of a restriction: choose another", name));
    if (name.empty() || name.find_first_of(" \t\r\n,{}:") != std::string::npos)
      add(place, Severity::error, fmt::format("'{}' cannot be the name of a restriction class", name));
    if (rules_.restriction_class(name)) add(place, Severity::error, fmt::format("class '{}' is defined twice", name));
    target_->classes_.push_back({name, {}});
  }
  for (std::size_t i = 0; i < texts.classes.size(); ++i)
    target_->classes_[i].chain = parse_list(texts.classes[i].second, {Stage::client, texts.classes[i].first, 0});
  const auto stage = [&](Stage which, const std::optional<RuleTexts::List>& list, const RuleTexts::List& fallback) {
    target_->chains_[static_cast<std::size_t>(which)] = parse_list(list ? *list : fallback, {which, {}, 0});
  };
  stage(Stage::client, texts.client, {});
  stage(Stage::helo, texts.helo, {});
  stage(Stage::sender, texts.sender, {});
  stage(Stage::relay, texts.relay, default_relay);
  stage(Stage::recipient, texts.recipient, {});
  stage(Stage::data, texts.data, {});
  stage(Stage::end_of_data, texts.end_of_data, {});
  stage(Stage::etrn, texts.etrn, {});
  reject_class_cycles();
}

std::optional<Chain> RuleParser::parse_answer(const RuleSet& rules, std::string_view text) {
  const auto words = split_words(text);
  if (!words) return std::nullopt;
  std::vector<RuleProblem> problems;
  RuleParser parser(rules, nullptr, problems);
  Chain chain;
  for (std::size_t at = 0; at < words->size();) parser.parse_item(*words, at, {}, chain);
  for (const auto& problem : problems)
    if (problem.severity == Severity::error) return std::nullopt;
  return chain;
}

Chain RuleParser::parse_list(const RuleTexts::List& list, RulePlace place) {
  Chain chain;
  std::vector<std::size_t> indexes;
  warn_pending_ = false;
  for (place.index = 0; place.index < list.size(); ++place.index) {
    const auto words = split_words(list[place.index]);
    if (!words) {
      add(place, Severity::error, words.error());
      continue;
    }
    if (words->empty()) add(place, Severity::warning, "empty restriction");
    for (std::size_t at = 0; at < words->size();) parse_item(*words, at, place, chain);
    indexes.resize(chain.size(), place.index);
  }
  if (warn_pending_) {
    place.index = list.empty() ? 0 : list.size() - 1;
    add(place, Severity::error, "warn_if_reject needs a restriction behind it");
  }
  warn_pending_ = false;
  note_unreachable(chain, indexes, place);
  return chain;
}

void RuleParser::note_unreachable(const Chain& chain, const std::vector<std::size_t>& indexes, RulePlace place) {
  const auto last = std::find_if(chain.begin(), chain.end(), ends_list);
  if (last == chain.end()) return;
  for (auto item = last + 1; item != chain.end(); ++item) {
    place.index = indexes[static_cast<std::size_t>(item - chain.begin())];
    add(place, Severity::warning, fmt::format("unreachable: '{}' stands behind '{}'", item->text, last->text));
  }
}

void RuleParser::parse_item(const std::vector<std::string_view>& words, std::size_t& at, const RulePlace& place,
                            Chain& chain) {
  const auto first = at;
  auto word = words[at++];
  if (equals_ignoring_case(word, "warn_if_reject")) {
    warn_pending_ = true;
    return;
  }
  Restriction restriction;
  restriction.warn_only = warn_pending_;
  warn_pending_ = false;

  bool is_good = true;
  if (const auto* removed = find_removed_verb(word)) {
    add(place, Severity::error, fmt::format("'{}' no longer exists: {}", word, removed->advice));
    return;
  }
  if (const auto* old = find_old_spelling(word)) {
    add(place, Severity::note, fmt::format("'{}' is an old spelling of '{}'", word, old->new_name));
    word = old->new_name;
  }
  if (const auto* verb = find_verb(word)) {
    restriction.verb = verb->verb;
    if (verb->verb == Verb::permit_mx_backup)
      add(place, Severity::note, "permit_mx_backup is deprecated: list the domains you relay for instead");
    is_good = parse_argument(verb->argument, words, at, place, restriction);
  } else if (const auto known = rules_.class_index(word)) {
    restriction.verb = Verb::restriction_class;
    restriction.argument = rules_.classes_[*known].name;
    restriction.index = *known;
  } else if (word.find(':') != std::string_view::npos) {
    restriction.verb = Verb::stage_access;
    is_good = parse_table(word, place, restriction);
    if (place.class_name.empty() && (place.stage == Stage::data || place.stage == Stage::end_of_data)) {
      add(place, Severity::error,
          fmt::format("say what '{}' is asked for: check_client_access, check_helo_access, check_sender_access or "
                      "check_recipient_access",
                      word));
      is_good = false;
    }
  } else {
    // A table's answer is read while a client waits and nobody reads the advice.
    const auto near = target_ ? nearest_verb(lookup::ascii_lower(word)) : std::string_view{};
    add(place, Severity::error,
        near.empty() ? fmt::format("unknown restriction '{}'", word)
                     : fmt::format("unknown restriction '{}': did you mean '{}'?", word, near));
    return;
  }
  if (!is_good) return;
  restriction.text = restriction.warn_only ? "warn_if_reject " : "";
  restriction.text += word;
  for (auto i = first + 1; i < at; ++i) restriction.text.append(" ").append(words[i]);
  chain.push_back(std::move(restriction));
}

void RuleParser::reject_class_cycles() {
  for (std::size_t i = 0; i < rules_.classes_.size(); ++i) {
    std::vector<bool> seen(rules_.classes_.size());
    if (reaches_itself(i, i, seen))
      add({Stage::client, rules_.classes_[i].name, 0}, Severity::error,
          fmt::format("restriction class '{}' contains itself", rules_.classes_[i].name));
  }
}

bool RuleParser::reaches_itself(std::size_t from, std::size_t wanted, std::vector<bool>& seen) const {
  for (const auto& restriction : rules_.classes_[from].chain) {
    if (restriction.verb != Verb::restriction_class) continue;
    if (restriction.index == wanted) return true;
    if (seen[restriction.index]) continue;
    seen[restriction.index] = true;
    if (reaches_itself(restriction.index, wanted, seen)) return true;
  }
  return false;
}

}  // namespace policy
