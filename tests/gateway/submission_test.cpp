#include "gateway/submission/submission.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/cli/program_names.hpp"
#include "gateway/cli/sendmail_options.hpp"
#include "gateway/cli/short_options.hpp"
#include "gateway/submission/door.hpp"
#include "gateway/submission/maildrop.hpp"
#include "gateway/submission/message_text.hpp"

namespace gateway {
namespace {

using Words = std::vector<std::string>;

TEST(WithCrlf, makes_every_line_end_one) {
  EXPECT_EQ(with_crlf("a\nb\r\nc\rd"), "a\r\nb\r\nc\r\nd\r\n");
  EXPECT_EQ(with_crlf(""), "");
  EXPECT_EQ(with_crlf("a\r\n"), "a\r\n");
}

TEST(IsSayable, keeps_commands_whole) {
  for (const char* good : {"", "root", "a@example.com", "\"a b\"@example.com", "\"<>\"@x", "ü@example.com"})
    EXPECT_TRUE(is_sayable(good)) << good;
  for (const char* bad : {"a@b>\r\nRCPT TO:<c", "a b@c", "a<b", "a\nb", "\"a"}) EXPECT_FALSE(is_sayable(bad)) << bad;
}

TEST(Maildrop, a_file_is_read_as_it_was_written) {
  const Submission submission{
      "a@example.com", {"b@example.com", "c"}, "Subject: x\r\n\r\n.\r\n", "NEVER", "HDRS", "id"};
  const auto read = parse_maildrop_text(to_maildrop_text(submission));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->sender, submission.sender);
  EXPECT_EQ(read->recipients, submission.recipients);
  EXPECT_EQ(read->content, submission.content);
  EXPECT_EQ(read->notify, "NEVER");
  EXPECT_EQ(read->ret, "HDRS");
  EXPECT_EQ(read->envid, "id");
}

TEST(Maildrop, refuses_what_is_none) {
  for (const char* text :
       {"", "x", "gatepost-maildrop 1\n", "gatepost-maildrop 1\nsender a\n\n", "gatepost-maildrop 1\nrecipient a\n\n",
        "gatepost-maildrop 1\nsender a>b\nrecipient c\n\n", "gatepost-maildrop 1\nsender a\nrecipient b\nshell x\n\n"})
    EXPECT_FALSE(parse_maildrop_text(text)) << text;
}

TEST(Maildrop, leaves_whole_files_only) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("gatepost_maildrop_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(leave_in_maildrop(folder, "text"));
  std::ofstream(folder / ".draft") << "half";
  std::ofstream(folder / "bad-0") << "aside";
  const auto files = maildrop_files(folder);
  ASSERT_EQ(files.size(), 1u);
  std::ifstream in(files[0]);
  std::string text;
  std::getline(in, text);
  EXPECT_EQ(text, "text");
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(leave_in_maildrop(folder, "text"));
  EXPECT_TRUE(maildrop_files(folder).empty());
}

struct HeaderCase {
  const char* name;
  const char* body;
  Words addresses;
};

class AddressesOfHeader : public testing::TestWithParam<HeaderCase> {};

TEST_P(AddressesOfHeader, are_found) {
  EXPECT_EQ(addresses_of_header(GetParam().body), GetParam().addresses);
}

INSTANTIATE_TEST_SUITE_P(MessageText, AddressesOfHeader,
                         testing::Values(HeaderCase{"nothing", " ", {}}, HeaderCase{"one", " a@b", {"a@b"}},
                                         HeaderCase{"list", " a@b,\r\n c@d", {"a@b", "c@d"}},
                                         HeaderCase{"display_name", " Lea M <lea@b>, x", {"lea@b", "x"}},
                                         HeaderCase{"comma_in_name", " \"M, Lea\" <lea@b>", {"lea@b"}},
                                         HeaderCase{"comment", " lea@b (a, (nested) one), c@d", {"lea@b", "c@d"}},
                                         HeaderCase{"group", " friends: a@b, c@d; , e@f", {"a@b", "c@d", "e@f"}},
                                         HeaderCase{"empty_group", " undisclosed-recipients:;", {}},
                                         HeaderCase{"route", " <@x,@y:a@b>", {"a@b"}},
                                         HeaderCase{"quoted_local_part", " \"a b\"@c", {"\"a b\"@c"}},
                                         HeaderCase{"open_quote", " \"a", {"\"a"}},
                                         HeaderCase{"open_comment", " a (", {"a"}}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(HeaderRecipients, come_from_to_cc_and_bcc_which_goes) {
  std::string content = "To: a@x\r\nBcc: b@x,\r\n c@x\r\nSubject: To: z@x\r\nCc: d@x\r\n\r\nTo: body@x\r\n";
  EXPECT_EQ(take_header_recipients(content), (Words{"a@x", "b@x", "c@x", "d@x"}));
  EXPECT_EQ(content, "To: a@x\r\nSubject: To: z@x\r\nCc: d@x\r\n\r\nTo: body@x\r\n");
}

TEST(HeaderRecipients, of_a_resent_message_are_the_resent_ones) {
  std::string content = "Resent-To: new@x\r\nTo: old@x\r\n\r\n";
  EXPECT_EQ(take_header_recipients(content), Words{"new@x"});
}

TEST(FillHeader, adds_only_what_lacks) {
  const HeaderFill fill{"r@x", "today", "<1@x>"};
  std::string bare = "hello\r\n";
  fill_header(bare, fill);
  EXPECT_EQ(bare, "Message-Id: <1@x>\r\nDate: today\r\nFrom: r@x\r\n\r\nhello\r\n");
  std::string whole = "FROM: a@x\r\ndate: then\r\nMessage-ID: <2@x>\r\n\r\nx\r\n";
  const std::string before = whole;
  fill_header(whole, fill);
  EXPECT_EQ(whole, before);
}

TEST(LocalDoors, are_those_without_conditions) {
  config::Config config;
  config.listeners.resize(3);
  config.listeners[0].port = 465;
  config.listeners[0].tls = config::ListenerTls::wrapper;
  config.listeners[1].port = 587;
  config.listeners[1].auth = config::ListenerAuth::required;
  config.listeners[2].port = 25;
  const auto doors = local_doors(config);
  ASSERT_EQ(doors.size(), 2u);
  EXPECT_EQ(doors[0].address, "127.0.0.1");
  EXPECT_EQ(doors[1].address, "::1");
  EXPECT_EQ(doors[0].port, 25);
  config.listeners.pop_back();
  EXPECT_TRUE(local_doors(config).empty());
}

TEST(SendmailOptions, are_those_that_scripts_give) {
  const auto parse = [](Words words) { return cli::parse_sendmail_options(words); };
  auto options = parse({"-oi", "-t", "-f", "bounce@example.com", "-F", "Cron Daemon", "-Am", "-odi", "-oem"});
  ASSERT_TRUE(options) << options.error();
  EXPECT_TRUE(options->from_header);
  EXPECT_FALSE(options->dot_ends);
  EXPECT_EQ(options->sender, "bounce@example.com");
  EXPECT_EQ(options->full_name, "Cron Daemon");
  options = parse({"-i", "-f<>", "-Nnever", "-Rhdrs", "-Vid1", "-B8BITMIME", "--", "-odd@example.com"});
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->sender, "");
  EXPECT_EQ(options->notify, "NEVER");
  EXPECT_EQ(options->ret, "HDRS");
  EXPECT_EQ(options->envid, "id1");
  EXPECT_EQ(options->recipients, Words{"-odd@example.com"});
  EXPECT_EQ(parse({"-bp"})->mode, cli::SendmailMode::list_queue);
  EXPECT_EQ(parse({"-bi"})->mode, cli::SendmailMode::build_aliases);
  EXPECT_EQ(parse({"-bs"})->mode, cli::SendmailMode::speak_smtp);
  EXPECT_EQ(parse({"-q"})->mode, cli::SendmailMode::flush_queue);
  EXPECT_EQ(parse({"-bd", "-q30m"})->mode, cli::SendmailMode::refused);
  EXPECT_EQ(parse({"-bm", "a", "-v"})->recipients, Words{"a"});
  EXPECT_FALSE(parse({"-f"}));
  EXPECT_FALSE(parse({"-Nsometimes", "a"}));
  EXPECT_FALSE(parse({"-Z"}));
}

TEST(ShortOptions, follow_getopt) {
  const auto parse = [](Words words) { return cli::parse_short_options("x", "d:fv", words); };
  const auto options = parse({"-vd", "ALL", "-fdID", "deferred"});
  ASSERT_TRUE(options);
  ASSERT_EQ(options->options.size(), 4u);
  EXPECT_EQ(options->options[1].value, "ALL");
  EXPECT_EQ(options->options[3].value, "ID");
  EXPECT_EQ(options->rest, Words{"deferred"});
  EXPECT_EQ(parse({"-d", "-"})->value('d'), "-");
  testing::internal::CaptureStderr();
  EXPECT_FALSE(parse({"-d"}));
  EXPECT_FALSE(parse({"-z"}));
  testing::internal::GetCapturedStderr();
}

TEST(ProgramNames, are_found_in_any_folder) {
  EXPECT_NE(cli::find_program_name("/usr/sbin/sendmail"), nullptr);
  EXPECT_NE(cli::find_program_name("mailq"), nullptr);
  EXPECT_EQ(cli::find_program_name("/usr/bin/gatepost"), nullptr);
  EXPECT_EQ(cli::find_program_name(""), nullptr);
}

}  // namespace
}  // namespace gateway
