#include "gateway/local/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/gateway/fake_spool.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace gateway {
namespace {

using testing::FakeContent;
using testing::read_file;

OrderedMail mail_for(const std::string& address) {
  OrderedMail mail;
  mail.sender = "s@example.net";
  mail.address = address;
  mail.client_name = "client.example.net";
  return mail;
}

Outcome run(const std::string& command, std::chrono::seconds limit = std::chrono::seconds{20},
            const std::string& body = "body") {
  const FakeContent content("Subject: x\r\n\r\n" + body + "\r\n");
  DeliveryOrder order;
  const OrderedMail mail = mail_for("lea@example.org");
  return run_program(command, program_environment(order, mail, {}), "/", mail, content, limit);
}

struct EndCase {
  std::string name, command;
  Outcome::Result result;
  std::string dsn, text;
};

class ProgramEnd : public ::testing::TestWithParam<EndCase> {};

TEST_P(ProgramEnd, decides_about_the_mail) {
  const auto& row = GetParam();
  const Outcome outcome = run(row.command);
  EXPECT_EQ(outcome.result, row.result) << outcome.text;
  EXPECT_EQ(outcome.dsn, row.dsn);
  EXPECT_EQ(outcome.text, row.text);
}

constexpr auto sent = Outcome::Result::sent;
constexpr auto later = Outcome::Result::deferred;
constexpr auto never = Outcome::Result::failed;

INSTANTIATE_TEST_SUITE_P(
    Codes, ProgramEnd,
    ::testing::Values(
        EndCase{"success", "cat", sent, "2.0.0", "delivered to command: cat"},
        EndCase{"reads_nothing", "true", sent, "2.0.0", "delivered to command: true"},
        EndCase{"unknown_user", "exit 67", never, "5.1.1", "user unknown"},
        EndCase{"temporary", "echo try later; exit 75", later, "4.3.0", "temporary failure. Command output: try later"},
        EndCase{"system", "exit 71", later, "4.3.0", "system resource problem"},
        EndCase{"no_permission", "exit 77", never, "5.7.0", "permission denied"},
        EndCase{"other_code", "false", never, "5.3.0", "Command died with status 1: \"false\""},
        EndCase{"own_status", "echo 4.2.2 over quota; exit 1", later, "4.2.2", "over quota"},
        EndCase{"own_final_status", "echo '5.7.1 not for you' >&2; exit 1", never, "5.7.1", "not for you"},
        EndCase{"signal", "kill -9 $$", later, "4.3.0", "Command died with signal 9: \"kill -9 $$\""},
        EndCase{"missing", "/nonexistent/program -x", never, "5.3.0",
                "service unavailable. Command output: /nonexistent/program: No such file or directory"},
        EndCase{"control_characters", "printf 'a\\nb\\033c'; exit 67", never, "5.1.1",
                "user unknown. Command output: a b c"}),
    [](const auto& each) { return each.param.name; });

TEST(Program, gets_the_message_with_its_trace_lines) {
  const testing::TempFolder folder;
  const std::string file = (folder.path / "out").string();
  ASSERT_EQ(run("cat > " + file).result, sent);
  const std::string text = read_file(file);
  EXPECT_TRUE(text.starts_with("From s@example.net  ")) << text;
  EXPECT_TRUE(text.ends_with("\nReturn-Path: <s@example.net>\nDelivered-To: lea@example.org\nSubject: x\n\nbody\n"))
      << text;
}

TEST(Program, that_reads_slowly_gets_all_of_it) {
  const testing::TempFolder folder;
  const std::string file = (folder.path / "out").string();
  ASSERT_EQ(run("sleep 0.2; wc -c > " + file, std::chrono::seconds{20}, std::string(500000, 'x')).result, sent);
  EXPECT_GT(std::stoi(read_file(file)), 500000);
}

TEST(Program, that_takes_too_long_is_stopped_with_all_that_it_started) {
  const testing::TempFolder folder;
  const std::string late = (folder.path / "late").string();
  const auto started = std::chrono::steady_clock::now();
  const std::string command = "echo working; (sleep 3; touch " + late + ") & sleep 60";
  const Outcome outcome = run(command, std::chrono::seconds{1});
  EXPECT_EQ(outcome.result, never);
  EXPECT_EQ(outcome.dsn, "5.3.0");
  EXPECT_EQ(outcome.text, "Command time limit exceeded: \"" + command + "\". Command output: working");
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{20});
  run("sleep 3.5");
  EXPECT_FALSE(std::filesystem::exists(late));
}

TEST(Program, that_leaves_something_behind_is_not_waited_for) {
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(run("sleep 8 & true").result, sent);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{6});
}

TEST(ProgramWords, need_a_shell_only_for_what_a_shell_understands) {
  using Words = std::vector<std::string>;
  const std::pair<std::string, Words> rows[] = {
      {"/usr/bin/tool -a b", {"/usr/bin/tool", "-a", "b"}},
      {" \t tool\tx ", {"tool", "x"}},
      {"tool \"a b\"", {}},
      {"tool $USER", {}},
      {"a | b", {}},
      {"X=1 tool", {}},
      {"", {}},
  };
  for (const auto& [command, words] : rows) EXPECT_EQ(plain_words(command), words) << command;
}

TEST(ProgramEnvironment, is_that_of_postfix_and_holds_nothing_that_a_shell_understands) {
  DeliveryOrder order;
  order.recipient_delimiter = "+";
  OrderedMail mail = mail_for("lea+new$(id)@example.org");
  mail.sender = "`rm`;x@example.net";
  mail.helo = "a'b\nc";
  const auto variables = program_environment(order, mail, {"lea", "/home/lea", "/bin/bash"});
  for (const std::string wanted :
       {"HOME=/home/lea", "USER=lea", "LOGNAME=lea", "SHELL=/bin/bash", "SENDER=_rm__x@example.net",
        "RECIPIENT=lea+new__id_@example.org", "LOCAL=lea+new__id_", "EXTENSION=new__id_", "DOMAIN=example.org",
        "CLIENT_HOSTNAME=client.example.net", "CLIENT_HELO=a_b_c"})
    EXPECT_NE(std::find(variables.begin(), variables.end(), wanted), variables.end()) << wanted;
  for (const auto& variable : program_environment(order, mail, {}))
    for (const std::string name : {"HOME=", "USER=", "SHELL=", "LD_", "SASL_USERNAME="})
      EXPECT_FALSE(variable.starts_with(name)) << variable;
}

TEST(ProgramEnvironment, names_the_sender_of_a_bounce) {
  OrderedMail mail = mail_for("lea@example.org");
  mail.sender.clear();
  const auto variables = program_environment({}, mail, {});
  EXPECT_NE(std::find(variables.begin(), variables.end(), "SENDER=MAILER-DAEMON"), variables.end());
}

}  // namespace
}  // namespace gateway
