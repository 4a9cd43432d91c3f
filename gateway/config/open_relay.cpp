#include "gateway/config/open_relay.hpp"

#include "policy/judge.hpp"

namespace gateway::config {
namespace {

using lookup::Answer;
using policy::Ask;

constexpr int most_rounds = 50;

/// The first address of the documentation networks that mynetworks do not trust.
std::optional<lookup::IpAddress> stranger_of(const Config& config) {
  for (const auto* text : {"203.0.113.77", "198.51.100.77", "192.0.2.77", "2001:db8::77"}) {
    const auto address = *lookup::parse_ip(text);
    if (std::none_of(config.mynetworks.begin(), config.mynetworks.end(),
                     [&](const lookup::Network& network) { return network.contains(address); }))
      return address;
  }
  return std::nullopt;
}

/// What a world says in which nothing is wrong with the mail but its destination.
Answer answer_to(const policy::Question& question) {
  switch (question.ask) {
    case Ask::dns_a:
      return Answer::found(std::string("203.0.113.80"));
    case Ask::dns_mx:
      return Answer::found(std::string("10 mx.elsewhere.invalid"));
    case Ask::policy_service:
      return Answer::found(std::string("DUNNO"));
    case Ask::recipient_listed:
    case Ask::sender_listed:
    case Ask::verify_recipient:
    case Ask::verify_sender:
    case Ask::greylist:
      return Answer::found(std::string("OK"));
    default:
      return Answer::absent();
  }
}

policy::Verdict judge_all(const policy::RuleSet& rules, const policy::Facts& facts, policy::Trace& trace) {
  policy::Answers answers;
  for (int round = 0; round < most_rounds; ++round) {
    trace.clear();
    auto judgement = policy::judge(rules, policy::Stage::recipient, facts, answers, &trace);
    if (auto* verdict = std::get_if<policy::Verdict>(&judgement)) return std::move(*verdict);
    for (auto& question : std::get<std::vector<policy::Question>>(judgement)) {
      auto answer = answer_to(question);
      answers.add(std::move(question), std::move(answer));
    }
  }
  policy::Verdict undecided;
  undecided.action = policy::Verdict::Action::refuse;
  return undecided;
}

/// The permit that counted: in the recipient list, else in the relay list.
std::string permit_of(const policy::Trace& trace) {
  std::string item;
  for (const auto& step : trace)
    if (step.outcome == "permit" && (step.stage == policy::Stage::relay || step.stage == policy::Stage::recipient))
      item = step.item;
  return item;
}

}  // namespace

std::optional<RelayHole> find_relay_hole(const Config& config, const policy::RuleSet& rules) {
  const auto address = stranger_of(config);
  if (!address) return std::nullopt;  // everybody is trusted; said elsewhere
  policy::Facts facts;
  facts.client_address = *address;
  facts.client_name = facts.reverse_client_name = facts.helo = "mx.stranger.invalid";
  facts.protocol = "ESMTP";
  facts.sender = {"somebody", "stranger.invalid"};
  facts.has_sender = facts.has_recipient = true;
  const auto hole = [&](lookup::Address recipient, policy::DomainClass domain_class,
                        bool is_routed) -> std::optional<RelayHole> {
    facts.recipient = facts.mapped_recipient = std::move(recipient);
    facts.recipient_class = domain_class;
    facts.recipient_is_routed = is_routed;
    policy::Trace trace;
    const auto verdict = judge_all(rules, facts, trace);
    if (!verdict.is_permit() || verdict.effects.discard) return std::nullopt;
    return RelayHole{facts.recipient.to_string(), permit_of(trace)};
  };
  if (auto found = hole({"someone", "elsewhere.invalid"}, policy::DomainClass::unserved, false)) return found;
  for (const auto& domain : config.domains) {
    // Only a server behind us would follow such a route; our own classes take the address as it stands.
    if (domain.domain_class != DomainClass::relay) continue;
    if (auto found = hole({"someone%elsewhere.invalid", domain.name}, policy::DomainClass::relay, true)) return found;
  }
  return std::nullopt;
}

}  // namespace gateway::config
