#include "policy/rule_set.hpp"

#include <fmt/core.h>

#include "policy/item_words.hpp"
#include "policy/restriction.hpp"
#include "policy/rule_parser.hpp"

namespace policy {

namespace {

constexpr Stage stages[] = {Stage::client,    Stage::helo, Stage::sender,      Stage::relay,
                            Stage::recipient, Stage::data, Stage::end_of_data, Stage::etrn};

constexpr int deepest_class = 100;

bool asks_table(Verb verb) {
  switch (verb) {
    case Verb::stage_access:
    case Verb::check_ccert_access:
    case Verb::check_client_access:
    case Verb::check_client_a_access:
    case Verb::check_client_mx_access:
    case Verb::check_client_ns_access:
    case Verb::check_reverse_client_hostname_access:
    case Verb::check_reverse_client_hostname_a_access:
    case Verb::check_reverse_client_hostname_mx_access:
    case Verb::check_reverse_client_hostname_ns_access:
    case Verb::check_sasl_access:
    case Verb::check_helo_access:
    case Verb::check_helo_a_access:
    case Verb::check_helo_mx_access:
    case Verb::check_helo_ns_access:
    case Verb::check_sender_access:
    case Verb::check_sender_a_access:
    case Verb::check_sender_mx_access:
    case Verb::check_sender_ns_access:
    case Verb::check_recipient_access:
    case Verb::check_recipient_a_access:
    case Verb::check_recipient_mx_access:
    case Verb::check_recipient_ns_access:
    case Verb::check_etrn_access:
      return true;
    default:
      return false;
  }
}

/// Calls `visit(restriction, place)` for each restriction of a chain. The index counts restrictions of the chain.
template <class Visit>
void visit_chain(const Chain& chain, RulePlace place, Visit visit) {
  for (place.index = 0; place.index < chain.size(); ++place.index) visit(chain[place.index], place);
}

}  // namespace

RuleSet::RuleSet(RuleTexts texts) : texts_(std::move(texts)) {}

RuleSet::~RuleSet() = default;

std::vector<std::string> RuleSet::items(Stage stage) const {
  std::vector<std::string> texts;
  for (const auto& restriction : chain(stage)) texts.push_back(restriction.text);
  return texts;
}

std::vector<TableUse> RuleSet::tables() const {
  std::vector<TableUse> uses;
  const auto collect = [&](const Restriction& restriction, const RulePlace& place) {
    if (asks_table(restriction.verb)) uses.push_back({restriction.argument, restriction.whole_key, place});
    if (restriction.verb == Verb::permit_tls_clientcerts)
      for (const auto& table : texts_.relay_clientcerts) uses.push_back({table, false, place});
  };
  for (const auto stage : stages) visit_chain(chain(stage), {stage, {}, 0}, collect);
  for (const auto& known : classes_) visit_chain(known.chain, {Stage::client, known.name, 0}, collect);
  return uses;
}

std::vector<ZoneUse> RuleSet::dnsbl_zones() const {
  std::vector<ZoneUse> uses;
  const auto collect = [&](const Restriction& restriction, const RulePlace& place) {
    const auto verb = restriction.verb;
    const bool of_addresses =
        verb == Verb::reject_rbl_client || verb == Verb::permit_dnswl_client || verb == Verb::reject_dnsbl_score;
    for (const auto& zone : restriction.zones) uses.push_back({zone.zone, zone.text, place, !of_addresses});
  };
  for (const auto stage : stages) visit_chain(chain(stage), {stage, {}, 0}, collect);
  for (const auto& known : classes_) visit_chain(known.chain, {Stage::client, known.name, 0}, collect);
  return uses;
}

std::vector<PolicyServiceUse> RuleSet::policy_services() const {
  return policy_services_;
}

const PolicyServiceUse* RuleSet::policy_service(std::string_view server) const {
  for (const auto& service : policy_services_)
    if (service.server == server) return &service;
  return nullptr;
}

std::optional<std::size_t> RuleSet::class_index(std::string_view name) const {
  for (std::size_t i = 0; i < classes_.size(); ++i)
    if (equals_ignoring_case(classes_[i].name, name)) return i;
  return std::nullopt;
}

const Chain* RuleSet::restriction_class(std::string_view name) const {
  const auto index = class_index(name);
  return index ? &classes_[*index].chain : nullptr;
}

bool RuleSet::denies_relay(const Chain& chain, int depth) const {
  for (const auto& restriction : chain) {
    if (restriction.warn_only) continue;
    switch (restriction.verb) {
      case Verb::reject:
      case Verb::defer:
      case Verb::defer_if_permit:
      case Verb::reject_unauth_destination:
      case Verb::defer_unauth_destination:
        return true;
      case Verb::restriction_class:
        if (depth < deepest_class && denies_relay(classes_[restriction.index].chain, depth + 1)) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

tl::expected<std::shared_ptr<const RuleSet>, std::vector<RuleProblem>> parse_rules(const RuleTexts& texts,
                                                                                   std::vector<RuleProblem>& notices) {
  auto rules = std::make_shared<RuleSet>(texts);
  std::vector<RuleProblem> problems;
  RuleParser::parse_all(*rules, problems);
  std::vector<RuleProblem> errors;
  for (auto& problem : problems) (problem.severity == Severity::error ? errors : notices).push_back(std::move(problem));
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  rules->denies_relay_ =
      rules->denies_relay(rules->chain(Stage::relay), 0) || rules->denies_relay(rules->chain(Stage::recipient), 0);
  if (!rules->denies_relay_)
    notices.push_back({{Stage::relay, {}, 0},
                       Severity::warning,
                       "open relay: neither the relay nor the recipient list has reject, defer, defer_if_permit, "
                       "reject_unauth_destination or defer_unauth_destination; all mail is answered with 451"});
  return std::shared_ptr<const RuleSet>(std::move(rules));
}

}  // namespace policy
