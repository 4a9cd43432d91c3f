#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "gateway/metrics.hpp"
#include "policy/facts.hpp"
#include "policy/judge.hpp"
#include "policy/question.hpp"

namespace gateway {

/// The restrictions of one listener as a session sees them: policy's judge() behind a door that tests can replace.
/// Immutable and shared by all loops.
class Restrictions {
 public:
  virtual ~Restrictions() = default;
  virtual policy::Judgement judge(policy::Stage stage, const policy::Facts& facts,
                                  const policy::Answers& answers) const = 0;
  virtual std::vector<policy::Question> foresee(const policy::Facts& facts, const policy::Answers& answers) const = 0;

  /// Counts a refusal by the restriction that it is due to (Verdict::item).
  virtual void count_hit(std::string_view item) const = 0;
};

/// The real ones. With `metrics` each item is counted for the listener, under the list in which it stands first.
std::shared_ptr<const Restrictions> make_restrictions(std::shared_ptr<const policy::RuleSet> rules,
                                                      Metrics* metrics = nullptr, std::string_view listener = {});

}  // namespace gateway
