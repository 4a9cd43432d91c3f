#include "lookup/answer.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Answer, joins_several_values_as_postfix_does) {
  EXPECT_EQ(lookup::Answer::found(std::vector<std::string>{"a", "b"}).joined(), "a, b");
}

}  // namespace
