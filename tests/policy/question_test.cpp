#include "policy/question.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Answers, are_found_by_kind_place_and_key) {
  policy::Answers answers;
  answers.add({policy::Ask::table, "white", "a@b"}, lookup::Answer::found("OK"));
  ASSERT_NE(answers.find(policy::Ask::table, "white", "a@b"), nullptr);
  EXPECT_EQ(answers.find(policy::Ask::table, "white", "a@b")->values.front(), "OK");
  EXPECT_EQ(answers.find(policy::Ask::table, "black", "a@b"), nullptr);
  EXPECT_EQ(answers.find(policy::Ask::dns_a, "white", "a@b"), nullptr);
}

}  // namespace
