#include "gateway/assembly/counted_restrictions.hpp"

#include <array>
#include <map>
#include <string>

namespace gateway {

namespace {

constexpr std::size_t stages = 8;

class CountedRestrictions final : public Restrictions {
 public:
  CountedRestrictions(std::shared_ptr<const policy::RuleSet> rules, std::string_view listener, Metrics& metrics)
      : restrictions_(make_restrictions(rules)) {
    for (std::size_t i = 0; i < stages; ++i) {
      const auto stage = static_cast<policy::Stage>(i);
      const auto count = [&](const std::string& item) {
        hits_[i].try_emplace(item,
                             metrics.counter("smtpd_restriction_hits_total",
                                             {{"listener", listener}, {"stage", to_string(stage)}, {"item", item}}));
      };
      const auto items = rules->items(stage);
      for (const auto& item : items) count(item);
      if (!items.empty()) count("other");
    }
  }

  policy::Judgement judge(policy::Stage stage, const policy::Facts& facts,
                          const policy::Answers& answers) const override {
    auto judgement = restrictions_->judge(stage, facts, answers);
    if (const auto* verdict = std::get_if<policy::Verdict>(&judgement); verdict != nullptr && !verdict->is_permit()) {
      const auto& hits = hits_[static_cast<std::size_t>(stage)];
      auto hit = hits.find(verdict->item);
      if (hit == hits.end()) hit = hits.find("other");
      if (hit != hits.end()) hit->second.add();
    }
    return judgement;
  }

  std::vector<policy::Question> foresee(const policy::Facts& facts, const policy::Answers& answers) const override {
    return restrictions_->foresee(facts, answers);
  }

 private:
  std::shared_ptr<const Restrictions> restrictions_;
  std::array<std::map<std::string, Counter, std::less<>>, stages> hits_;
};

}  // namespace

std::shared_ptr<const Restrictions> count_refusals(std::shared_ptr<const policy::RuleSet> rules,
                                                   std::string_view listener, Metrics& metrics) {
  return std::make_shared<CountedRestrictions>(std::move(rules), listener, metrics);
}

}  // namespace gateway
