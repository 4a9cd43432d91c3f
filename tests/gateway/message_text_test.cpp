#include "gateway/local/message_text.hpp"

#include <gtest/gtest.h>

#include "tests/gateway/fake_spool.hpp"

namespace gateway {
namespace {

using Quoting = MessageText::FromQuoting;
using testing::FakeContent;

std::string whole(const std::string& content, Quoting quoting, bool large = false) {
  OrderedMail mail;
  mail.sender = "s@example.net";
  mail.address = "lea@example.org";
  const FakeContent source(content, large);
  MessageText text(mail, source, SystemTime{}, quoting);
  std::string result, piece;
  for (;;) {
    if (!text.next(piece)) return "unreadable";
    if (piece.empty()) return result;
    result += piece;
  }
}

const std::string top = "Return-Path: <s@example.net>\nDelivered-To: lea@example.org\n";

std::string body_of(const std::string& text) {
  const auto at = text.find(top);
  return at == std::string::npos ? "no trace lines: " + text : text.substr(at + top.size());
}

struct QuotingCase {
  std::string name, content, quoted;
};

class MboxText : public ::testing::TestWithParam<QuotingCase> {};

TEST_P(MboxText, is_quoted_so_that_the_next_message_is_found) {
  const auto& row = GetParam();
  const std::string text = whole(row.content, Quoting::yes);
  EXPECT_TRUE(text.starts_with("From s@example.net  ")) << text;
  EXPECT_EQ(body_of(text), row.quoted);
}

INSTANTIATE_TEST_SUITE_P(
    Content, MboxText,
    ::testing::Values(QuotingCase{"plain", "Subject: x\r\n\r\nbody\r\n", "Subject: x\n\nbody\n\n"},
                      QuotingCase{"from_line", "a: b\r\n\r\nFrom me\r\n", "a: b\n\n>From me\n\n"},
                      QuotingCase{"quoted_from_line", "a: b\r\n\r\n>From me\r\n>>From me\r\n",
                                  "a: b\n\n>>From me\n>>>From me\n\n"},
                      QuotingCase{"from_colon", "From: x\r\n\r\nFromage\r\nfrom me\r\n x From \r\n",
                                  "From: x\n\nFromage\nfrom me\n x From \n\n"},
                      QuotingCase{"marks_alone", "a: b\r\n\r\n>>>\r\n>\r\nFrom", "a: b\n\n>>>\n>\nFrom\n\n"},
                      QuotingCase{"no_last_line_end", "a: b\r\n\r\nx", "a: b\n\nx\n\n"},
                      QuotingCase{"lone_returns", "a: b\r\n\r\nx\ry\r", "a: b\n\nx\ry\r\n\n"},
                      QuotingCase{"empty", "", "\n"}),
    [](const auto& each) { return each.param.name; });

TEST(MessageTextPieces, are_joined_without_a_seam) {
  // "From " and CRLF fall on every place around the ends of the 64 KiB pieces.
  for (std::size_t shift = 0; shift < 12; ++shift) {
    std::string content = "a: b\r\n\r\n", wanted = "a: b\n\n";
    content += std::string(65536 - 20 + shift, 'x') + "\r\nFrom me\r\n>From you\r\n";
    wanted += std::string(65536 - 20 + shift, 'x') + "\n>From me\n>>From you\n\n";
    EXPECT_EQ(body_of(whole(content, Quoting::yes, true)), wanted) << shift;
  }
}

TEST(MessageTextForPrograms, is_not_quoted) {
  EXPECT_EQ(body_of(whole("a: b\r\n\r\nFrom me\r\n", Quoting::no)), "a: b\n\nFrom me\n");
}

TEST(FromLine, names_the_sender_without_blanks) {
  EXPECT_TRUE(from_line("", SystemTime{}).starts_with("From MAILER-DAEMON  "));
  EXPECT_TRUE(from_line("\"a b\"@c\n", SystemTime{}).starts_with("From \"a_b\"@c_  "));
}

}  // namespace
}  // namespace gateway
