#include "gateway/smtp/restrictions.hpp"

#include <map>
#include <string>

#include "policy/restriction.hpp"
#include "policy/rule_set.hpp"

namespace gateway {

namespace {

class RuleSetRestrictions final : public Restrictions {
 public:
  RuleSetRestrictions(std::shared_ptr<const policy::RuleSet> rules, Metrics* metrics, std::string_view listener)
      : rules_(std::move(rules)) {
    if (metrics == nullptr || !rules_) return;
    const auto add = [&](std::string_view stage, const std::string& item) {
      if (!hits_.contains(item))
        hits_.emplace(item, metrics->counter("smtpd_restriction_hits_total",
                                             {{"listener", listener}, {"stage", stage}, {"item", item}}));
    };
    for (int i = 0; i <= static_cast<int>(policy::Stage::etrn); ++i) {
      const auto stage = static_cast<policy::Stage>(i);
      for (const auto& item : rules_->items(stage)) add(to_string(stage), item);
    }
    for (const auto& [name, items] : rules_->settings().classes)
      if (const auto* members = rules_->restriction_class(name))
        for (const auto& member : *members) add("class", member.text);
    add("sender", "reject_unlisted_sender (implicit)");
    add("recipient", "reject_unlisted_recipient (implicit)");
  }

  policy::Judgement judge(policy::Stage stage, const policy::Facts& facts,
                          const policy::Answers& answers) const override {
    return policy::judge(*rules_, stage, facts, answers);
  }
  std::vector<policy::Question> foresee(const policy::Facts& facts, const policy::Answers& answers) const override {
    return policy::foresee(*rules_, facts, answers);
  }
  void count_hit(std::string_view item) const override {
    if (const auto found = hits_.find(item); found != hits_.end()) found->second.add();
  }

 private:
  std::shared_ptr<const policy::RuleSet> rules_;
  std::map<std::string, Counter, std::less<>> hits_;
};

}  // namespace

std::shared_ptr<const Restrictions> make_restrictions(std::shared_ptr<const policy::RuleSet> rules, Metrics* metrics,
                                                      std::string_view listener) {
  return std::make_shared<RuleSetRestrictions>(std::move(rules), metrics, listener);
}

}  // namespace gateway
