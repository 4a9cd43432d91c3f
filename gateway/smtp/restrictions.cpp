#include "gateway/smtp/restrictions.hpp"

namespace gateway {

namespace {

class RuleSetRestrictions final : public Restrictions {
 public:
  explicit RuleSetRestrictions(std::shared_ptr<const policy::RuleSet> rules) : rules_(std::move(rules)) {}

  policy::Judgement judge(policy::Stage stage, const policy::Facts& facts,
                          const policy::Answers& answers) const override {
    return policy::judge(*rules_, stage, facts, answers);
  }
  std::vector<policy::Question> foresee(const policy::Facts& facts, const policy::Answers& answers) const override {
    return policy::foresee(*rules_, facts, answers);
  }

 private:
  std::shared_ptr<const policy::RuleSet> rules_;
};

}  // namespace

std::shared_ptr<const Restrictions> make_restrictions(std::shared_ptr<const policy::RuleSet> rules) {
  return std::make_shared<RuleSetRestrictions>(std::move(rules));
}

}  // namespace gateway
