#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "policy/facts.hpp"
#include "policy/question.hpp"
#include "policy/verdict.hpp"

namespace policy {

class RuleSet;  // parsed restrictions of one listener: policy/rule_set.hpp

/// One step of an evaluation, for `explain`.
struct TraceStep {
  Stage stage{};
  std::string item;             // as configured
  std::vector<Question> asked;  // keys tried, in order
  std::vector<lookup::Answer> answers;
  std::string outcome;  // "dunno", "permit", "reject 554 5.7.1 ...", "skipped: ..."
};

using Trace = std::vector<TraceStep>;

using Judgement = std::variant<Verdict, std::vector<Question>>;

/// Judges one stage: pure, synchronous, total. Returns the verdict, or all questions that are open as far as can be
/// seen (DNSBL questions of the whole list at once), never a guess. With `trace` each item is recorded.
///
/// With delay_reject the lists client, helo and sender are evaluated inside the call for Stage::recipient (and etrn).
/// Costs microseconds; safe from any thread.
Judgement judge(const RuleSet& rules, Stage stage, const Facts& facts, const Answers& answers, Trace* trace = nullptr);

/// The questions that the client and helo lists will ask once the recipient is known (DNSBL above all), so that a
/// session can ask them while the client is still talking.
std::vector<Question> foresee(const RuleSet& rules, const Facts& facts, const Answers& answers);

}  // namespace policy
