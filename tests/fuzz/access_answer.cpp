#include <cstddef>
#include <cstdint>
#include <string>

#include "policy/judge.hpp"
#include "policy/rule_set.hpp"

// Whatever a table or a policy service answers, the judgement ends with a verdict.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto rules = [] {
    policy::RuleTexts texts;
    texts.classes = {{"loop", {"check_sender_access t"}}, {"strict", {"permit_mynetworks", "reject"}}};
    texts.recipient = policy::RuleTexts::List{"check_sender_access t", "permit"};
    texts.default_rbl_reply = "$rbl_code blocked";
    std::vector<policy::RuleProblem> notices;
    return *policy::parse_rules(texts, notices);
  }();
  policy::Facts facts;
  facts.client_address = *lookup::parse_ip("192.0.2.7");
  facts.sender = {"a", "sender.example"};
  facts.recipient = {"r", "example.com"};
  facts.has_sender = facts.has_recipient = true;
  facts.recipient_class = policy::DomainClass::relay;
  const std::string text(reinterpret_cast<const char*>(data), size);
  policy::Answers answers;
  for (int round = 0; round < 50; ++round) {
    auto judgement = policy::judge(*rules, policy::Stage::recipient, facts, answers);
    auto* open = std::get_if<std::vector<policy::Question>>(&judgement);
    if (!open) break;
    for (auto& question : *open) answers.add(std::move(question), lookup::Answer::found(text));
  }
  return 0;
}
