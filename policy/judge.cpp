#include "policy/judge.hpp"

#include "policy/evaluation.hpp"

namespace policy {

Judgement judge(const RuleSet& rules, Stage stage, const Facts& facts, const Answers& answers, Trace* trace) {
  return Evaluation(rules, stage, facts, answers, trace).judge();
}

std::vector<Question> foresee(const RuleSet& rules, const Facts& facts, const Answers& answers) {
  return Evaluation(rules, Stage::client, facts, answers, nullptr).foresee();
}

}  // namespace policy
