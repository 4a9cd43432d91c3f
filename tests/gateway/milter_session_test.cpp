#include <gtest/gtest.h>

#include "tests/gateway/scripted_milter.hpp"
#include "tests/gateway/smtp_world.hpp"

namespace gateway::testing {
namespace {

using namespace std::string_literals;

/// One session: the reply to each line; content ends with the lone dot.
std::vector<std::string> talk(const SmtpWorld& world, const std::vector<std::string>& lines) {
  TestClient client(world.port());
  std::vector<std::string> replies{client.read_reply()};
  for (const auto& line : lines) {
    client.send(line + "\r\n");
    replies.push_back(client.read_reply());
  }
  return replies;
}

std::vector<std::string> message(const std::string& content = "Subject: hello\r\nX: 1\r\n\r\nbody\r\n.") {
  return {"EHLO client.example", "MAIL FROM:<s@there.example>", "RCPT TO:<alice@example.com>", "DATA", content};
}

Wishes with(const ScriptedMilter& milter, std::map<std::string, std::string> more = {}) {
  more["filter"] = milter.address();
  return {std::move(more)};
}

bool has(const std::vector<std::string>& lines, const std::string& part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.find(part) != std::string::npos; });
}

TEST(MilterSession, tells_every_step_with_its_macros) {
  ScriptedMilter milter;
  SmtpWorld world(with(milter));
  EXPECT_EQ(talk(world, message()).back().substr(0, 4), "250 ");
  ASSERT_TRUE(milter.wait_for('Q'));
  EXPECT_EQ(milter.letters(), "CHMRTLLNBEQ");
  const auto heard = milter.heard();
  const auto id = to_string(world.messages().at(0).envelope.id);
  EXPECT_TRUE(has(heard, "DCj|mx.example.com|"));
  EXPECT_TRUE(has(heard, "|{client_addr}|127.0.0.1|"));
  EXPECT_TRUE(has(heard, "Hclient.example|"));
  EXPECT_TRUE(has(heard, "{mail_addr}|s@there.example|{mail_host}|there.example|"));
  EXPECT_TRUE(has(heard, "M<s@there.example>|"));
  EXPECT_TRUE(has(heard, "{rcpt_addr}|alice@example.com|"));
  EXPECT_TRUE(has(heard, "LSubject|hello|"));
  EXPECT_TRUE(has(heard, "Bbody\r\n"));
  EXPECT_TRUE(has(heard, "DEi|" + id + "|"));
  EXPECT_FALSE(has(heard, "LReceived")) << "our own Received is not shown";
  const auto content = world.messages().at(0).content;
  EXPECT_EQ(content.find("Received: from client.example"), 0u) << content;
  EXPECT_TRUE(content.ends_with("Subject: hello\r\nX: 1\r\n\r\nbody\r\n")) << content;
}

TEST(MilterSession, steps_that_are_not_wanted_are_left_out) {
  ScriptedMilter milter({},
                        0x1 | 0x2 | 0x10 | 0x40 | 0x200 | 0x80 | 0x4000);  // no connect, helo, body, eoh, data; silent
  SmtpWorld world(with(milter));
  EXPECT_EQ(talk(world, message()).back().substr(0, 4), "250 ");
  ASSERT_TRUE(milter.wait_for('Q'));
  EXPECT_EQ(milter.letters(), "MRLLEQ");
  EXPECT_TRUE(has(milter.heard(), "DH")) << "macros come all the same";
}

TEST(MilterSession, changes_are_in_the_stored_message) {
  ScriptedMilter milter({{'E',
                          {"p", "hX-Last\0z\0"s, "i\0\0\0\0X-Top\0a\0"s, "i\0\0\0\2X-Second\0b\n\tc\0"s,
                           "m\0\0\0\1Subject\0changed\0"s, "m\0\0\0\1X\0\0"s, "bnew "s, "bbody\r\n"s,
                           "e<new@there.example>\0"s, "+<bob@example.com>\0"s, "-<alice@example.com>\0"s, "c"}}});
  SmtpWorld world(with(milter));
  EXPECT_EQ(talk(world, message()).back().substr(0, 4), "250 ");
  const auto stored = world.messages().at(0);
  EXPECT_EQ(stored.content.find("X-Top: a\r\nReceived: from client.example"), 0u) << stored.content;
  EXPECT_TRUE(stored.content.ends_with("X-Second: b\r\n\tc\r\nSubject: changed\r\nX-Last: z\r\n\r\nnew body\r\n"))
      << stored.content;
  EXPECT_EQ(stored.envelope.size, stored.content.size());
  EXPECT_EQ(stored.envelope.sender.to_string(), "new@there.example");
  ASSERT_EQ(stored.envelope.recipients.size(), 1u);
  EXPECT_EQ(stored.envelope.recipients[0].address.to_string(), "bob@example.com");
}

TEST(MilterSession, a_large_message_goes_through_a_file) {
  ScriptedMilter milter({{'E', {"hX-Seen\0yes\0"s, "a"}}});
  SmtpWorld world(with(milter, {{"inline_content_limit", "1000"}}));
  std::string body;
  for (int i = 0; i < 3000; ++i) body += std::string(70, static_cast<char>('a' + i % 26)) + "\r\n";
  EXPECT_EQ(talk(world, message("Subject: large\r\n\r\n" + body + ".")).back().substr(0, 4), "250 ");
  EXPECT_TRUE(world.messages().at(0).content.ends_with("X-Seen: yes\r\n\r\n" + body));
  std::vector<std::size_t> pieces;
  std::string shown;
  for (const auto& packet : milter.heard())
    if (packet[0] == 'B') pieces.push_back(packet.size() - 1), shown += packet.substr(1);
  EXPECT_EQ(shown, body);
  EXPECT_EQ(pieces, (std::vector<std::size_t>{65535, 65535, 65535, 216000 - 3 * 65535}));
}

TEST(MilterSession, skip_ends_the_body_and_accept_the_message) {
  ScriptedMilter milter({{'B', {"s"}}});
  SmtpWorld world(with(milter));
  std::string body;
  for (int i = 0; i < 2000; ++i) body += std::string(70, 'x') + "\r\n";
  EXPECT_EQ(talk(world, message("Subject: large\r\n\r\n" + body + ".")).back().substr(0, 4), "250 ");
  EXPECT_EQ(milter.letters().substr(0, 9), "CHMRTLNBE");
  ScriptedMilter accepting({{'R', {"a"}}});
  SmtpWorld other(with(accepting));
  EXPECT_EQ(talk(other, message()).back().substr(0, 4), "250 ");
  EXPECT_EQ(accepting.letters().substr(0, 4), "CHMR");
  EXPECT_EQ(accepting.letters().find('E'), std::string::npos);
}

struct RefusalCase {
  const char* name;
  char step;
  std::string answer;
  std::size_t place;  // in the replies of message(), counted from the banner
  std::string reply, log;
};

class MilterRefusal : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(MilterRefusal, is_said_and_logged) {
  const auto& param = GetParam();
  ScriptedMilter milter({{param.step, {param.answer}}});
  SmtpWorld world(with(milter));
  const auto replies = talk(world, message());
  EXPECT_EQ(replies[param.place], param.reply);
  EXPECT_TRUE(has(world.log().lines(), param.log)) << world.log().lines().back();
  EXPECT_TRUE(world.messages().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Stages, MilterRefusal,
    ::testing::Values(
        RefusalCase{"connect_is_said_at_mail", 'C', "r", 2, "550 5.7.1 Command rejected",
                    "NOQUEUE: milter-reject: CONNECT from unknown[127.0.0.1]: 550 5.7.1 Command rejected; proto=SMTP"},
        RefusalCase{"helo_is_said_at_mail", 'H', "t", 2, "451 4.7.1 Service unavailable - try again later",
                    "NOQUEUE: milter-reject: EHLO from unknown[127.0.0.1]: 451 4.7.1 Service unavailable - try again "
                    "later; proto=ESMTP helo=<client.example>"},
        RefusalCase{"mail", 'M', "y554 5.1.8 No such%% sender\0"s, 2, "554 5.1.8 No such% sender",
                    "milter-reject: MAIL from unknown[127.0.0.1]: 554 5.1.8 No such% sender; from=<s@there.example> "
                    "proto=ESMTP helo=<client.example>"},
        RefusalCase{"rcpt", 'R', "r", 3, "550 5.7.1 Command rejected",
                    "NOQUEUE: milter-reject: RCPT from unknown[127.0.0.1]: 550 5.7.1 Command rejected; "
                    "from=<s@there.example> to=<alice@example.com> proto=ESMTP helo=<client.example>"},
        RefusalCase{"data", 'T', "t", 4, "451 4.7.1 Service unavailable - try again later", "milter-reject: DATA from"},
        RefusalCase{"header", 'L', "r", 5, "550 5.7.1 Command rejected",
                    ": milter-reject: END-OF-MESSAGE from unknown[127.0.0.1]: 5.7.1 Command rejected; "
                    "from=<s@there.example> to=<alice@example.com> proto=ESMTP helo=<client.example>"},
        RefusalCase{"body", 'B', "t", 5, "451 4.7.1 Service unavailable - try again later", "milter-reject: END-OF"},
        RefusalCase{"end", 'E', "y550 5.7.1 spam\0"s, 5, "550 5.7.1 spam",
                    "END-OF-MESSAGE from unknown[127.0.0.1]: 5.7.1 spam;"},
        RefusalCase{"shutdown", 'R', "4", 3, "421 4.7.0 Server closing connection", "milter-reject: RCPT"}),
    [](const auto& each) { return each.param.name; });

TEST(MilterSession, a_refused_recipient_leaves_the_others) {
  ScriptedMilter milter;
  SmtpWorld world(with(milter));
  TestClient client(world.port());
  client.read_reply();
  for (const auto* line : {"EHLO c.example", "MAIL FROM:<s@there.example>", "RCPT TO:<alice@example.com>"}) {
    client.send(line + "\r\n"s);
    EXPECT_EQ(client.read_reply().substr(0, 3), "250");
  }
  milter.answer('R', {"r"});
  client.send("RCPT TO:<bob@example.com>\r\n");
  EXPECT_EQ(client.read_reply(), "550 5.7.1 Command rejected");
  client.send("DATA\r\n");
  EXPECT_EQ(client.read_reply().substr(0, 3), "354");
  client.send("Subject: x\r\n\r\n.\r\n");
  EXPECT_EQ(client.read_reply().substr(0, 3), "250");
  EXPECT_EQ(world.messages().at(0).envelope.recipients.size(), 1u);
}

TEST(MilterSession, a_message_given_up_is_aborted) {
  ScriptedMilter milter;
  SmtpWorld world(with(milter));
  talk(world, {"EHLO c.example", "MAIL FROM:<a@there.example>", "RSET", "MAIL FROM:<b@there.example>", "QUIT"});
  ASSERT_TRUE(milter.wait_for('Q'));
  EXPECT_EQ(milter.letters(), "CHMAMAQ");
}

TEST(MilterSession, quarantine_holds_and_discard_drops) {
  ScriptedMilter holding({{'E', {"qvirus\0"s, "c"}}});
  SmtpWorld world(with(holding));
  EXPECT_EQ(talk(world, message()).back().substr(0, 4), "250 ");
  EXPECT_EQ(world.messages().at(0).envelope.state, MessageState::hold);
  EXPECT_TRUE(
      has(world.log().lines(), "milter-hold: END-OF-MESSAGE from unknown[127.0.0.1]: milter triggers HOLD action;"));
  for (const char step : {'M', 'R', 'T', 'L', 'E'}) {
    ScriptedMilter dropping({{step, {"d"}}});
    SmtpWorld other(with(dropping));
    EXPECT_EQ(talk(other, message()).back().substr(0, 4), "250 ") << step;
    EXPECT_TRUE(other.messages().empty()) << step;
    EXPECT_TRUE(has(other.log().lines(), "milter triggers DISCARD action")) << step;
  }
}

TEST(MilterSession, filters_see_what_those_before_them_made) {
  ScriptedMilter first({{'E', {"hX-First\0one\0"s, "bfirst\r\n", "c"}}});
  ScriptedMilter second({{'E', {"hX-Second\0two\0"s, "c"}}});
  SmtpWorld world(with(first, {{"second_filter", second.address()}}));
  EXPECT_EQ(talk(world, message()).back().substr(0, 4), "250 ");
  EXPECT_TRUE(has(second.heard(), "LX-First|one|"));
  EXPECT_TRUE(has(second.heard(), "Bfirst\r\n"));
  EXPECT_TRUE(world.messages().at(0).content.ends_with("X-First: one\r\nX-Second: two\r\n\r\nfirst\r\n"));
}

TEST(MilterSession, chunks_are_shown_as_one_message) {
  ScriptedMilter milter({{'E', {"hX-Seen\0yes\0"s, "c"}}});
  SmtpWorld world(with(milter));
  TestClient client(world.port());
  client.read_reply();
  for (const auto* line : {"EHLO c.example\r\n", "MAIL FROM:<s@there.example>\r\n", "RCPT TO:<alice@example.com>\r\n",
                           "BDAT 14\r\nSubject: one\r\n", "BDAT 8 LAST\r\n\r\n.dot\r\n"}) {
    client.send(line);
    EXPECT_EQ(client.read_reply().substr(0, 3), "250") << line;
  }
  EXPECT_EQ(milter.letters(), "CHMRTLNBE");
  EXPECT_TRUE(world.messages().at(0).content.ends_with("Subject: one\r\nX-Seen: yes\r\n\r\n.dot\r\n"));
}

TEST(MilterSession, a_second_message_needs_no_second_connection) {
  ScriptedMilter milter;
  SmtpWorld world(with(milter));
  auto lines = message();
  for (const auto& line : message())
    if (line != "EHLO client.example") lines.push_back(line);
  EXPECT_EQ(talk(world, lines).back().substr(0, 4), "250 ");
  ASSERT_TRUE(milter.wait_for('Q'));
  EXPECT_EQ(milter.letters(), "CHMRTLLNBEMRTLLNBEQ");
  EXPECT_EQ(milter.connections(), 1);
  EXPECT_EQ(world.messages().size(), 2u);
}

TEST(MilterSession, a_new_client_is_told_anew) {
  ScriptedMilter milter;
  SmtpWorld world(with(milter, {{"xclient", "yes"}}));
  talk(world, {"EHLO proxy.example", "XCLIENT NAME=real.example ADDR=192.0.2.7", "EHLO real.example", "QUIT"});
  ASSERT_TRUE(milter.wait_for('Q'));
  EXPECT_EQ(milter.connections(), 2);
  EXPECT_TRUE(has(milter.heard(), "Creal.example|4"));
  EXPECT_TRUE(has(milter.heard(), "{client_addr}|192.0.2.7|"));
}

TEST(MilterSession, who_accepts_the_client_is_not_asked_again) {
  ScriptedMilter milter({{'C', {"a"}}});
  SmtpWorld world(with(milter));
  EXPECT_EQ(talk(world, message()).back().substr(0, 4), "250 ");
  ASSERT_TRUE(milter.wait_for('Q'));
  EXPECT_EQ(milter.letters(), "CQ");
}

TEST(MilterSession, a_failed_filter_is_tried_again_for_a_later_message) {
  ScriptedMilter milter({{'M', {ScriptedMilter::hangs_up}}});
  SmtpWorld world(with(milter, {{"soft_error_limit", "1000"}, {"hard_error_limit", "1000"}}));
  TestClient client(world.port());
  client.read_reply();
  client.send("EHLO c.example\r\n");
  client.read_reply();
  client.send("MAIL FROM:<s@there.example>\r\n");
  EXPECT_EQ(client.read_reply(), "451 4.7.1 Service unavailable - try again later");
  milter.answer('M', {"c"});
  std::string reply;
  for (int i = 0; i < 100 && reply.substr(0, 3) != "250"; ++i) {
    ::poll(nullptr, 0, 100);
    client.send("MAIL FROM:<s@there.example>\r\n");
    reply = client.read_reply();
  }
  EXPECT_EQ(reply, "250 2.1.0 Ok");
  EXPECT_EQ(milter.letters().substr(0, 6), "CHMCHM") << "the client is told anew";
}

struct FailureCase {
  const char* name;
  const char* action;
  const char* reply;  // to the end of the message, or to MAIL when it says no
};

class MilterFailure : public ::testing::TestWithParam<FailureCase> {};

TEST_P(MilterFailure, of_a_filter_that_is_not_there_gets_the_default_action) {
  std::string nobody;
  { nobody = ScriptedMilter().address(); }
  SmtpWorld world(Wishes{{{"filter", nobody}, {"default_action", GetParam().action}}});
  const auto replies = talk(world, message());
  const bool stored = std::string(GetParam().reply) == "250";
  EXPECT_EQ((stored ? replies.back() : replies[GetParam().action == "shutdown"s ? 0 : 2])
                .substr(0, std::string(GetParam().reply).size()),
            GetParam().reply);
  EXPECT_EQ(world.messages().size(), stored ? 1u : 0u);
  if (stored) {
    const auto state = GetParam().action == "accept"s ? MessageState::queued : MessageState::hold;
    EXPECT_EQ(world.messages()[0].envelope.state, state);
  }
  EXPECT_TRUE(has(world.log().lines(), "warning: filter one (" + nobody + "): cannot connect: Connection refused"));
}

TEST_P(MilterFailure, in_the_middle_of_its_changes_leaves_none_of_them) {
  ScriptedMilter milter({{'E', {"hX-Half\0done\0"s, "bhalf", ScriptedMilter::hangs_up}}});
  SmtpWorld world(with(milter, {{"default_action", GetParam().action}}));
  const auto replies = talk(world, message());
  EXPECT_EQ(replies.back().substr(0, std::string(GetParam().reply).size()), GetParam().reply);
  if (world.messages().empty()) return;
  EXPECT_TRUE(world.messages()[0].content.ends_with("X: 1\r\n\r\nbody\r\n")) << world.messages()[0].content;
}

INSTANTIATE_TEST_SUITE_P(DefaultAction, MilterFailure,
                         ::testing::Values(FailureCase{"accept", "accept", "250"},
                                           FailureCase{"tempfail", "tempfail", "451 4.7.1 Service unavailable"},
                                           FailureCase{"reject", "reject", "550 5.5.0 Service unavailable"},
                                           FailureCase{"quarantine", "quarantine", "250"},
                                           FailureCase{"shutdown", "shutdown", "421 4.7.0 Server closing"}),
                         [](const auto& each) { return each.param.name; });

TEST(MilterSession, silence_and_nonsense_are_failures) {
  for (const auto& [answer, why] : {std::pair{std::string(ScriptedMilter::silence), "no answer in 1 s"},
                                    std::pair{"?what"s, "its answer makes no sense"},
                                    std::pair{"hX-Early\0a\0"s, "its answer is not one for this step"},
                                    std::pair{"y250 2.0.0 Ok\0"s, "it wants a reply that is none"}}) {
    ScriptedMilter milter({{'R', {answer}}});
    SmtpWorld world(with(milter));
    EXPECT_EQ(talk(world, message())[3], "451 4.7.1 Service unavailable - try again later");
    EXPECT_TRUE(has(world.log().lines(), why)) << why;
  }
}

}  // namespace
}  // namespace gateway::testing
