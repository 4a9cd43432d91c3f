#include "policy/judge.hpp"

#include <gtest/gtest.h>

#include "tests/policy/scene.hpp"

namespace {

using scene::Case;

std::shared_ptr<const policy::RuleSet> parse(const Case& row) {
  std::vector<policy::RuleProblem> notices;
  auto rules = policy::parse_rules(scene::rules_of(row), notices);
  if (!rules) {
    for (const auto& problem : rules.error()) ADD_FAILURE() << problem.text;
    return nullptr;
  }
  return *rules;
}

policy::Facts facts_of(const Case& row) {
  auto facts = scene::stranger();
  if (row.facts) row.facts(facts);
  return facts;
}

bool is_permanent(const policy::Verdict& verdict) {
  return verdict.code / 100 == 5;
}

class Judge : public testing::TestWithParam<Case> {};

TEST_P(Judge, decides) {
  const auto rules = parse(GetParam());
  ASSERT_TRUE(rules);
  const auto verdict = scene::decide(*rules, GetParam().stage, facts_of(GetParam()), GetParam().told);
  EXPECT_EQ(scene::to_text(verdict), GetParam().expected);
  EXPECT_EQ(verdict.is_permit(), verdict.reason == policy::Reason::none);
}

TEST_P(Judge, says_the_same_with_a_trace) {
  const auto rules = parse(GetParam());
  ASSERT_TRUE(rules);
  policy::Trace trace;
  const auto facts = facts_of(GetParam());
  const auto traced = scene::decide(*rules, GetParam().stage, facts, GetParam().told, nullptr, &trace);
  EXPECT_EQ(traced, scene::decide(*rules, GetParam().stage, facts, GetParam().told));
  for (const auto& step : trace) {
    EXPECT_FALSE(step.outcome.empty()) << step.item;
    EXPECT_EQ(step.asked.size(), step.answers.size());
  }
}

// An answer that does not come may delay mail, never refuse it for good.
TEST_P(Judge, turns_no_missing_answer_into_a_permanent_refusal) {
  const auto rules = parse(GetParam());
  ASSERT_TRUE(rules);
  const auto facts = facts_of(GetParam());
  policy::Answers used;
  const auto original = scene::decide(*rules, GetParam().stage, facts, GetParam().told, &used);
  for (const auto& [question, answer] : used.all()) {
    auto with = [&, question = question](lookup::Answer instead) {
      auto told = GetParam().told;
      std::erase_if(told, [&](const auto& known) {
        return known.first.ask == question.ask && known.first.where == question.where &&
               (known.first.key == question.key || question.ask == policy::Ask::policy_service);
      });
      told.emplace_back(question, std::move(instead));
      return scene::decide(*rules, GetParam().stage, facts, told);
    };
    const auto without = with(scene::unavailable());
    if (!is_permanent(without)) continue;
    EXPECT_FALSE(original.is_permit()) << question.key << " unavailable: " << scene::to_text(without);
    if (is_permanent(original)) continue;
    EXPECT_EQ(without, with(lookup::Answer::absent())) << question.key;
  }
}

// The network decides in which order answers come; it must not decide on the mail.
TEST_P(Judge, does_not_depend_on_the_order_of_the_answers) {
  const auto rules = parse(GetParam());
  ASSERT_TRUE(rules);
  const auto facts = facts_of(GetParam());
  policy::Answers used;
  const auto original = scene::decide(*rules, GetParam().stage, facts, GetParam().told, &used);
  auto known = used.all();
  for (int turn = 0; turn < 3; ++turn) {
    turn == 0 ? std::reverse(known.begin(), known.end())
              : static_cast<void>(std::rotate(
                    known.begin(), known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2), known.end()));
    policy::Answers shuffled;
    for (const auto& [question, answer] : known) shuffled.add(question, answer);
    const auto judgement = policy::judge(*rules, GetParam().stage, facts, shuffled);
    ASSERT_TRUE(std::holds_alternative<policy::Verdict>(judgement));
    EXPECT_EQ(std::get<policy::Verdict>(judgement), original);
  }
}

INSTANTIATE_TEST_SUITE_P(Chain, Judge, testing::ValuesIn(scene::cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
