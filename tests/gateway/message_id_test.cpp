#include "gateway/spool/message_id.hpp"

#include <gtest/gtest.h>

namespace {

TEST(MessageId, is_never_given_out_twice_and_grows) {
  auto last = gateway::next_message_id();
  for (int i = 0; i < 10000; ++i) {
    auto next = gateway::next_message_id();
    ASSERT_GT(next, last);
    last = next;
  }
}

TEST(MessageId, is_printed_and_parsed_as_upper_case_hexadecimal) {
  EXPECT_EQ(to_string(gateway::MessageId{0xE3206A80939}), "E3206A80939");
  EXPECT_EQ(gateway::parse_message_id("E3206A80939"), gateway::MessageId{0xE3206A80939});
  EXPECT_EQ(gateway::parse_message_id("xyz"), std::nullopt);
  EXPECT_EQ(gateway::parse_message_id(""), std::nullopt);
}

TEST(MessageId, starts_above_the_floor) {
  auto high = gateway::next_message_id();
  high.value += 1'000'000'000;
  gateway::raise_message_id_floor(high);
  EXPECT_GT(gateway::next_message_id(), high);
}

}  // namespace
