#include "gateway/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "gateway/log_line.hpp"

namespace {

using gateway::Level;
using gateway::Program;

std::string postfix(Level level, std::string_view id, std::string_view text) {
  std::string line;
  gateway::append_postfix_line(line, {Program::smtpd, level, "event", id, text});
  return line;
}

TEST(LogLine, has_the_queue_id_first) {
  EXPECT_EQ(postfix(Level::info, "E3206A80939", "removed"), "E3206A80939: removed");
  EXPECT_EQ(postfix(Level::warning, "", "disk is slow"), "warning: disk is slow");
}

TEST(LogLine, cannot_be_forged_by_a_peer) {
  EXPECT_EQ(postfix(Level::info, "", "helo=<x\r\nNov 21 fake>"), "helo=<x\\x0d\\x0aNov 21 fake>");
  EXPECT_EQ(postfix(Level::info, "", std::string("a\0b\x1b[1m\x7f", 8)), "a\\x00b\\x1b[1m\\x7f");
  EXPECT_EQ(postfix(Level::info, "", "left\xe2\x80\xaeright"), "left?right");
  EXPECT_EQ(postfix(Level::info, "", "caf\xc3\xa9 \xe2\x82\xac"), "caf\xc3\xa9 \xe2\x82\xac");
}

TEST(LogLine, is_a_valid_object_in_json_whatever_the_peer_sent) {
  std::string line;
  gateway::append_json_line(line, {Program::smtpd, Level::info, "reject", "", "text \"quoted\" \\ \xff\xfe \n"},
                            {{"from", "a@\xc3\xa9\"x"}, {"size", "12", true}});
  const auto object = nlohmann::json::parse(line, nullptr, false);
  ASSERT_TRUE(object.is_object()) << line;
  EXPECT_EQ(object["event"], "reject");
  EXPECT_EQ(object["size"], 12);
  EXPECT_EQ(object["from"], "a@\xc3\xa9\"x");
  EXPECT_FALSE(object.contains("queue_id"));
}

TEST(LogLine, is_a_record_of_the_journal_with_fields) {
  std::string record;
  gateway::append_journal_record(record, {Program::smtpd, Level::warning, "reject", "E3206A80939", "text"},
                                 {{"recipient", "a@b\nGATEPOST_EVENT=forged"}, {"reason", "dnsbl"}, {"helo", ""}},
                                 "E3206A80939: text", "postfix", "42");
  EXPECT_EQ(record,
            "MESSAGE=E3206A80939: text\nPRIORITY=4\nSYSLOG_IDENTIFIER=postfix/smtpd\nSYSLOG_FACILITY=2\nSYSLOG_PID=42\n"
            "GATEPOST_EVENT=reject\nGATEPOST_QUEUE_ID=E3206A80939\n"
            "GATEPOST_RECIPIENT=a@b\\x0aGATEPOST_EVENT=forged\nGATEPOST_REASON=dnsbl\n");
}

TEST(Log, writes_lines_in_order_and_follows_a_rotated_file) {
  const std::string path = ::testing::TempDir() + "gatepost_log_" + std::to_string(::getpid());
  gateway::config::Logging logging;
  logging.to = "file:" + path;
  auto log = gateway::open_log(logging);
  ASSERT_TRUE(log) << log.error();
  for (int i = 0; i < 100; ++i) (*log)->info(Program::qmgr, "n", "line " + std::to_string(i));
  (*log)->flush();
  ASSERT_EQ(::rename(path.c_str(), (path + ".1").c_str()), 0);
  (*log)->reopen();
  (*log)->info(Program::qmgr, "n", "after the rotation");
  (*log)->flush();
  const auto content = [](const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(name).rdbuf();
    return text.str();
  };
  const auto old = content(path + ".1");
  EXPECT_LT(old.find("line 0"), old.find("line 99"));
  EXPECT_NE(old.find("postfix/qmgr["), std::string::npos);
  EXPECT_NE(content(path).find("after the rotation"), std::string::npos);
  ::unlink(path.c_str());
  ::unlink((path + ".1").c_str());
}

TEST(Log, names_a_target_that_cannot_be_opened) {
  gateway::config::Logging logging;
  logging.to = "file:/nonexistent/folder/log";
  const auto log = gateway::open_log(logging);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().find("/nonexistent/folder/log"), std::string::npos);
}

}  // namespace
