#include <gtest/gtest.h>

#include "gateway/assembly/counted_resolver.hpp"
#include "gateway/assembly/counted_restrictions.hpp"
#include "policy/rule_set.hpp"

namespace {

using lookup::DnsAnswer;
using lookup::DnsType;

/// Answers when it is told to; "cached" at once.
class SlowResolver final : public lookup::Resolver {
 public:
  void ask(DnsType, std::string_view name, Done done) override {
    if (name == "cached") return done(DnsAnswer{});
    waiting.push_back(std::move(done));
  }
  void answer(const DnsAnswer& answer) {
    const auto done = std::move(waiting.back());
    waiting.pop_back();
    done(answer);
  }
  std::vector<Done> waiting;
};

TEST(CountedResolver, counts_questions_to_the_network_by_result) {
  gateway::Metrics metrics;
  const auto slow = std::make_shared<SlowResolver>();
  const auto counted = gateway::count_questions(slow, metrics);
  int answers = 0;
  const auto ask = [&](std::string_view name) {
    counted->ask(DnsType::mx, name, [&](const DnsAnswer&) { ++answers; });
  };
  ask("cached");
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(metrics.total("dns_queries_total"), 0);
  DnsAnswer absent, failed, late;
  absent.nxdomain = true;
  failed.answer = lookup::Answer::unavailable(lookup::Unavailable::unreachable, "SERVFAIL");
  late.answer = lookup::Answer::unavailable(lookup::Unavailable::timed_out, "late");
  for (const auto* each : {&absent, &failed, &late}) {
    ask("network");
    slow->answer(*each);
  }
  for (const auto* result : {"nxdomain", "servfail", "timeout"})
    EXPECT_EQ(metrics.total("dns_queries_total", {{"type", "mx"}, {"result", result}}), 1) << result;
  EXPECT_EQ(metrics.distribution("dns_query_duration_seconds", {{"type", "mx"}}).count, 3U);
  EXPECT_EQ(answers, 4);
}

TEST(CountedRestrictions, count_each_refusal_for_the_item_that_decided) {
  policy::RuleTexts texts;
  texts.delay_reject = false;
  texts.helo = policy::RuleTexts::List{"reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname"};
  std::vector<policy::RuleProblem> notices;
  const auto rules = policy::parse_rules(texts, notices);
  ASSERT_TRUE(rules);
  gateway::Metrics metrics;
  const auto counted = gateway::count_refusals(*rules, "mx", metrics);
  policy::Facts facts;
  facts.helo = "unqualified";
  for (int i = 0; i < 3; ++i) (void)counted->judge(policy::Stage::helo, facts, {});
  const auto hits = [&](std::string_view item) {
    return metrics.total("smtpd_restriction_hits_total", {{"listener", "mx"}, {"stage", "helo"}, {"item", item}});
  };
  EXPECT_EQ(hits("reject_non_fqdn_helo_hostname"), 3);
  EXPECT_EQ(hits("reject_invalid_helo_hostname"), 0);
  EXPECT_EQ(hits("other"), 0);
}

}  // namespace
