#include "gateway/smtp/session_transcript.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Classes = std::vector<std::string>;

TEST(SessionTranscript, TheClassOfTroubleIsToldByTheReply) {
  const auto of = [](int code, const char* dsn) { return notice_class_of({code, dsn, "text"}); };
  EXPECT_EQ(of(250, "2.0.0"), "");
  EXPECT_EQ(of(354, ""), "");
  EXPECT_EQ(of(554, "5.7.1"), "policy");
  EXPECT_EQ(of(450, "4.1.8"), "policy");
  EXPECT_EQ(of(550, "5.1.1"), "bounce");
  EXPECT_EQ(of(502, "5.5.2"), "protocol");
  EXPECT_EQ(of(452, "4.3.1"), "resource");
  EXPECT_EQ(of(451, "4.3.0"), "software");
  EXPECT_EQ(of(552, "5.3.4"), "") << "a message that is too large is nobody's fault here";
}

TEST(SessionTranscript, HoldsTheDialogueOnceThereWasTrouble) {
  const Classes classes{"policy"};
  SessionTranscript transcript(classes);
  transcript.heard("HELO client");
  transcript.said({250, "", "mx.example.com"});
  EXPECT_FALSE(transcript.is_wanted());
  transcript.heard("RCPT TO:<x@elsewhere.example>");
  transcript.said({554, "5.7.1", "<x@elsewhere.example>: Relay access denied"});
  EXPECT_TRUE(transcript.is_wanted());
  EXPECT_EQ(transcript.text("lost connection"),
            "Transcript of session follows.\r\n\r\n"
            " In:  HELO client\r\n Out: 250 mx.example.com\r\n In:  RCPT TO:<x@elsewhere.example>\r\n"
            " Out: 554 5.7.1 <x@elsewhere.example>: Relay access denied\r\n\r\n"
            "Session aborted, reason: lost connection\r\n\r\nFor other details, see the local mail logfile\r\n");
}

TEST(SessionTranscript, OtherClassesAreOfNoInterest) {
  const Classes classes{"resource", "software"};
  SessionTranscript transcript(classes);
  transcript.said({554, "5.7.1", "no"});
  EXPECT_FALSE(transcript.is_wanted());
  const Classes none{"delay", "2bounce"};
  SessionTranscript silent(none);
  silent.said({451, "4.3.0", "no"});
  EXPECT_FALSE(silent.is_wanted());
}

TEST(SessionTranscript, KeepsNoPasswordAndNoControlCharacter) {
  const Classes classes{"policy"};
  SessionTranscript transcript(classes);
  transcript.heard("AUTH PLAIN AGxlYQBzZWNyZXQ=");
  transcript.heard("HELO \x1b[2J\r\nX-Injected: 1");
  const std::string text = transcript.text("");
  EXPECT_NE(text.find(" In:  AUTH PLAIN ...\r\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("AGxl"), std::string::npos);
  EXPECT_EQ(text.find("\nX-Injected"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(SessionTranscript, StaysSmall) {
  const Classes classes{"protocol"};
  SessionTranscript transcript(classes);
  for (int count = 0; count < 100000; ++count) transcript.said({502, "5.5.2", "Error: command not recognized"});
  EXPECT_LT(transcript.text("").size(), 20000U);
}

}  // namespace
}  // namespace gateway
