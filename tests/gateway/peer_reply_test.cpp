#include "gateway/delivery/peer_reply.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Step = PeerReplyParser::Step;

struct Case {
  const char* name;
  std::string bytes;
  Step step;
  int code = 0;
  std::string dsn = {};
  std::string printable = {};
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

class PeerReplyCases : public ::testing::TestWithParam<Case> {};

TEST_P(PeerReplyCases, MeanTheSameInAnyPieces) {
  const Case& each = GetParam();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, each.bytes.size()}) {
    PeerReplyParser parser;
    std::string_view rest = each.bytes;
    Step step = Step::need_more;
    while (!rest.empty() && step == Step::need_more) {
      std::string_view part = rest.substr(0, piece);
      rest.remove_prefix(part.size());
      step = parser.feed(part);
    }
    ASSERT_EQ(step, each.step);
    if (step != Step::complete) continue;
    const PeerReply reply = parser.take();
    EXPECT_EQ(reply.code, each.code);
    EXPECT_EQ(reply.dsn(), each.dsn);
    EXPECT_EQ(reply.printable(), each.printable);
  }
}

std::string many_lines(int count) {
  std::string text;
  for (int at = 0; at < count; ++at) text += "250-x\r\n";
  return text + "250 x\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    PeerReply, PeerReplyCases,
    ::testing::Values(
        Case{"one_line", "250 2.1.5 Ok\r\n", Step::complete, 250, "2.1.5", "250 2.1.5 Ok"},
        Case{"several_lines", "550-5.1.1 no\r\n550 5.1.2 such\r\n", Step::complete, 550, "5.1.2",
             "550-5.1.1 no 550 5.1.2 such"},
        Case{"code_alone", "354\r\n", Step::complete, 354, "3.0.0", "354"},
        Case{"bare_line_feed", "250 ok\n", Step::complete, 250, "2.0.0", "250 ok"},
        Case{"enhanced_code_of_another_class", "450 5.1.1 x\r\n", Step::complete, 450, "4.0.0", "450 5.1.1 x"},
        Case{"enhanced_code_too_long", "450 4.1.1.1 x\r\n", Step::complete, 450, "4.0.0", "450 4.1.1.1 x"},
        Case{"control_characters", std::string("250 a\x1b[0m\r\n"), Step::complete, 250, "2.0.0", "250 a?[0m"},
        Case{"classes_mixed", "250-a\r\n550 b\r\n", Step::broken},
        Case{"web_server", "HTTP/1.1 200 OK\r\n", Step::broken}, Case{"letters_behind_code", "250ok\r\n", Step::broken},
        Case{"code_out_of_range", "150 x\r\n", Step::broken},
        Case{"unfinished", "250-a\r\n250-b\r\n25", Step::need_more},
        Case{"too_many_lines", many_lines(300), Step::broken},
        Case{"endless_line", std::string(70000, '2'), Step::broken}),
    [](const auto& row) { return row.param.name; });

TEST(PeerReply, LongLinesAreCut) {
  PeerReplyParser parser;
  const std::string bytes = "250 " + std::string(5000, 'x') + "\r\n";
  std::string_view rest = bytes;
  ASSERT_EQ(parser.feed(rest), Step::complete);
  EXPECT_EQ(parser.take().text.size(), 1000U);
}

TEST(PeerReply, TwoRepliesInOnePiece) {
  PeerReplyParser parser;
  std::string_view rest = "250 a\r\n550 b\r\n";
  ASSERT_EQ(parser.feed(rest), Step::complete);
  EXPECT_EQ(parser.take().code, 250);
  ASSERT_EQ(parser.feed(rest), Step::complete);
  EXPECT_EQ(parser.take().code, 550);
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace gateway
