#pragma once

#include <memory>
#include <vector>

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
};

/// The real ones.
std::shared_ptr<const Restrictions> make_restrictions(std::shared_ptr<const policy::RuleSet> rules);

}  // namespace gateway
