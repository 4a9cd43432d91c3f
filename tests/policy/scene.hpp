#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "policy/judge.hpp"
#include "policy/rule_set.hpp"

namespace scene {

using lookup::Answer;
using policy::Ask;
using policy::Facts;
using policy::Question;
using policy::RuleTexts;
using policy::Stage;
using policy::Verdict;

/// What the world knows; everything else is absent.
using Told = std::vector<std::pair<Question, Answer>>;

inline Answer found(std::string value) {
  return Answer::found(std::move(value));
}
inline Answer found_all(std::vector<std::string> values) {
  return Answer::found(std::move(values));
}
inline Answer unavailable() {
  return Answer::unavailable(lookup::Unavailable::timed_out, "no answer");
}
inline Question table(std::string name, std::string key) {
  return {Ask::table, std::move(name), std::move(key)};
}
inline Question dns(Ask ask, std::string name) {
  return {ask, "", std::move(name)};
}
inline Question listed(std::string zone, std::string name) {
  return {Ask::dnsbl, zone, name + "." + zone};
}

/// A stranger at 192.0.2.7 who writes from a@sender.example to r@example.com, a mailbox of ours.
inline Facts stranger() {
  Facts facts;
  facts.client_address = *lookup::parse_ip("192.0.2.7");
  facts.client_port = 4711;
  facts.client_name = "mx.client.example";
  facts.reverse_client_name = "mx.client.example";
  facts.server_address = *lookup::parse_ip("198.51.100.1");
  facts.server_port = 25;
  facts.protocol = "ESMTP";
  facts.helo = "mx.client.example";
  facts.sender = {"a", "sender.example"};
  facts.has_sender = true;
  facts.recipient = {"r", "example.com"};
  facts.has_recipient = true;
  facts.recipient_class = policy::DomainClass::virtual_mailbox;
  return facts;
}

struct Case {
  std::string name;
  std::function<void(RuleTexts&)> rules;
  std::function<void(Facts&)> facts;
  Told told;
  std::string expected;  // "permit" or "554 5.7.1 text"
  Stage stage = Stage::recipient;
};

inline std::string to_text(const Verdict& verdict) {
  if (verdict.is_permit()) return "permit";
  return std::to_string(verdict.code) + " " + verdict.dsn + " " + verdict.text;
}

inline RuleTexts rules_of(const Case& row) {
  RuleTexts texts;
  texts.relay = RuleTexts::List{"permit", "reject"};  // satisfies the safety net, decides nothing
  texts.reject_unlisted_recipient = false;
  if (row.rules) row.rules(texts);
  return texts;
}

/// Asks until decided; `used` receives every answer that was given.
inline Verdict decide(const policy::RuleSet& rules, Stage stage, const Facts& facts, const Told& told,
                      policy::Answers* used = nullptr, policy::Trace* trace = nullptr) {
  policy::Answers answers;
  for (int round = 0; round < 30; ++round) {
    auto judgement = policy::judge(rules, stage, facts, answers, trace);
    if (auto* verdict = std::get_if<Verdict>(&judgement)) {
      if (used) *used = answers;
      return *verdict;
    }
    for (auto& question : std::get<std::vector<Question>>(judgement)) {
      Answer answer;
      for (const auto& [known, value] : told)
        if (known == question) answer = value;
      // Services that are not part of a case have nothing against the mail.
      if (question.ask == Ask::policy_service) {
        answer = found("DUNNO");
        for (const auto& [known, value] : told)
          if (known.ask == Ask::policy_service && known.where == question.where) answer = value;
      }
      answers.add(std::move(question), std::move(answer));
    }
  }
  Verdict undecided;
  undecided.action = Verdict::Action::refuse;
  undecided.text = "never decided";
  return undecided;
}

const std::vector<Case>& cases();

}  // namespace scene
