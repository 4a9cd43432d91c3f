#include <cstddef>
#include <cstdint>
#include <string>

#include "policy/judge.hpp"
#include "policy/rule_set.hpp"

// A restriction list, one item a line, is parsed; what parses is judged until it decides.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  policy::RuleTexts texts;
  texts.classes = {{"onlylocal", {"check_sender_access local", "reject"}}};
  policy::RuleTexts::List list;
  std::string line;
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] != '\n') {
      line += static_cast<char>(data[i]);
      continue;
    }
    list.push_back(std::move(line));
    line.clear();
  }
  list.push_back(std::move(line));
  texts.recipient = std::move(list);
  std::vector<policy::RuleProblem> notices;
  const auto rules = policy::parse_rules(texts, notices);
  if (!rules) return 0;

  policy::Facts facts;
  facts.client_address = *lookup::parse_ip("192.0.2.7");
  facts.helo = "mx.client.example";
  facts.sender = {"a", "sender.example"};
  facts.recipient = {"r", "example.com"};
  facts.has_sender = facts.has_recipient = true;
  facts.recipient_class = policy::DomainClass::relay;
  policy::Answers answers;
  for (int round = 0; round < 50; ++round) {
    auto judgement = policy::judge(**rules, policy::Stage::recipient, facts, answers);
    auto* open = std::get_if<std::vector<policy::Question>>(&judgement);
    if (!open) break;
    for (auto& question : *open) answers.add(std::move(question), lookup::Answer::found("127.0.0.2"));
  }
  return 0;
}
