#include "gateway/delivery/outbound_content.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

std::string encode(std::string_view content, std::size_t piece) {
  OutboundContent encoder;
  std::string wire;
  for (std::size_t at = 0; at < content.size(); at += piece) encoder.append(content.substr(at, piece), wire);
  encoder.end(wire);
  return wire;
}

struct Case {
  const char* name;
  std::string content, wire;
  bool clean = false;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

class OutboundContentCases : public ::testing::TestWithParam<Case> {};

TEST_P(OutboundContentCases, AreEncodedTheSameInAnyPieces) {
  const Case& each = GetParam();
  for (std::size_t piece = 1; piece <= each.content.size(); piece = piece * 2 + 1)
    EXPECT_EQ(encode(each.content, piece), each.wire);
  EXPECT_EQ(is_clean_for_wire(each.content), each.clean);
}

INSTANTIATE_TEST_SUITE_P(OutboundContent, OutboundContentCases,
                         ::testing::Values(Case{"plain", "a: b\r\n\r\nc\r\n", "a: b\r\n\r\nc\r\n.\r\n", true},
                                           Case{"dots_are_stuffed", ".\r\n..\r\nx.\r\n", "..\r\n...\r\nx.\r\n.\r\n"},
                                           Case{"unfinished_line", "abc", "abc\r\n.\r\n"},
                                           Case{"bare_line_feed", "a\n.\r\nb\r\n", "a .\r\nb\r\n.\r\n"},
                                           Case{"bare_carriage_return", "a\r.\r\nb\r\n", "a .\r\nb\r\n.\r\n"},
                                           Case{"line_feed_dot_line_feed", "a\n.\nb\r\n", "a . b\r\n.\r\n"},
                                           Case{"return_dot_return", "a\r.\rb\r\n", "a . b\r\n.\r\n"},
                                           Case{"two_returns", "a\r\r\nb\r\n", "a \r\nb\r\n.\r\n"},
                                           Case{"return_at_the_end", "a\r", "a \r\n.\r\n"},
                                           Case{"longest_line", std::string(998, 'x') + "\r\n",
                                                std::string(998, 'x') + "\r\n.\r\n", true},
                                           Case{"line_too_long", std::string(1500, 'x') + "\r\n",
                                                std::string(998, 'x') + "\r\n " + std::string(502, 'x') + "\r\n.\r\n"}),
                         [](const auto& row) { return row.param.name; });

// Whatever comes in, no server may see an end of data before ours.
TEST(OutboundContent, NeverHoldsAnEndOfDataInside) {
  const std::string parts[] = {"\r", "\n", ".", "x", "\r\n"};
  for (int number = 0; number < 5 * 5 * 5 * 5 * 5 * 5; ++number) {
    std::string content;
    for (int at = 0, rest = number; at < 6; ++at, rest /= 5) content += parts[rest % 5];
    const std::string wire = encode(content, 3);
    std::string_view inside = std::string_view(wire).substr(0, wire.size() - 3);
    ASSERT_TRUE(wire.ends_with(".\r\n"));
    ASSERT_EQ(inside.find("\r\n.\r\n"), std::string_view::npos);
    ASSERT_FALSE(inside.starts_with(".\r\n"));
    for (std::size_t at = 0; at < wire.size(); ++at) {
      if (wire[at] == '\n') {
        ASSERT_TRUE(at > 0 && wire[at - 1] == '\r');
      }
      if (wire[at] == '\r') {
        ASSERT_TRUE(at + 1 < wire.size() && wire[at + 1] == '\n');
      }
    }
  }
}

}  // namespace
}  // namespace gateway
