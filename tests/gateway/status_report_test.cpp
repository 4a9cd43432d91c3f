#include "gateway/admin/status_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "policy/verdict.hpp"
#include "tests/gateway/test_log.hpp"

namespace {

using gateway::StatusReport;

StatusReport healthy() {
  StatusReport report;
  report.status.ready = true;
  report.now = 1'800'000'000;
  return report;
}

TEST(StatusReport, says_whether_mail_flows) {
  EXPECT_EQ(judge_flow(healthy()).level, "good");
  auto report = healthy();
  report.status.ready = false;
  EXPECT_EQ(judge_flow(report).level, "bad");

  report = healthy();
  report.status.queue.queued = 100;
  EXPECT_EQ(judge_flow(report).level, "bad") << "much waits, nothing leaves";
  report.history.push_back({});
  report.history.back().delivered = 1;
  EXPECT_EQ(judge_flow(report).level, "good") << "something leaves";

  report = healthy();
  report.certificates.push_back({"mx.example.com", 1'800'000'000 + 86400});
  EXPECT_EQ(judge_flow(report).sentence, "Certificate mx.example.com ends soon.");

  report = healthy();
  report.directories.push_back({"corp", "", {{"ldap://a", false}}, false, 0, 0, ""});
  EXPECT_EQ(judge_flow(report).level, "good") << "a server that nobody asked yet is not connected";
  report.directories.back().asked = true;
  EXPECT_EQ(judge_flow(report).level, "warning");
  report.directories.back().servers.push_back({"ldap://b", true});
  EXPECT_EQ(judge_flow(report).level, "good");
}

TEST(StatusReport, is_json_whatever_peers_sent) {
  auto report = healthy();
  report.rejects.push_back({1, "[192.0.2.1]", "RCPT", "550 \xff\"</script>", "unknown_recipient", "a@b", "c@d"});
  report.destinations = "[{\"name\":\"exchange\"}]";
  const auto object = nlohmann::json::parse(render_status_json(report), nullptr, false);
  ASSERT_TRUE(object.is_object());
  EXPECT_EQ(object["rejects"][0]["reason"], "unknown_recipient");
  EXPECT_NE(object["rejects"][0]["meaning"], "");
  EXPECT_EQ(object["destinations"][0]["name"], "exchange");
}

TEST(StatusReport, is_text_for_the_command_line) {
  auto report = healthy();
  report.status.hostname = "mx.example.com";
  report.directories.push_back({"corp", "current", {{"ldap://a", true}}, true, 12, 0, ""});
  report.lists = {{"zen.example", false}, {"good.example", true}};
  report.certificates.push_back({"mx.example.com", 1'800'000'000 + 30 * 86400});
  const auto text = render_report_text(report);
  for (const auto* words : {"Mail is flowing; nothing waits.\n", "gatepost on mx.example.com\n",
                            "corp: ldap://a connected, replica current, 12 entries\n", "zen.example: switched off\n",
                            "mx.example.com: 30 days left\n"})
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  EXPECT_EQ(text.find("good.example"), std::string::npos);
}

TEST(StatusReport, explains_every_reason) {
  for (int i = 1; i <= static_cast<int>(policy::Reason::content); ++i) {
    const auto reason = to_string(static_cast<policy::Reason>(i));
    EXPECT_NE(gateway::meaning_of(reason), "") << reason;
  }
}

TEST(EventMemory, keeps_the_last_refusals_and_hands_all_lines_on) {
  auto owned = std::make_unique<gateway::testing::TestLog>();
  const auto& inner = *owned;
  gateway::EventMemory memory(std::move(owned));
  memory.info(gateway::Program::smtpd, "connect", "connect from x");
  for (int i = 0; i < 60; ++i) {
    const std::string sender = "s" + std::to_string(i);
    memory.write(gateway::Program::smtpd, gateway::Level::info, "reject", "", "reject: RCPT",
                 {{"client", "c"}, {"reason", "dnsbl"}, {"sender", sender}});
  }
  EXPECT_EQ(inner.count("connect from"), 1U);
  EXPECT_EQ(inner.count("reject"), 60U);
  const auto rejects = memory.rejects();
  ASSERT_EQ(rejects.size(), gateway::EventMemory::most);
  EXPECT_EQ(rejects.front().sender, "s59");
  EXPECT_EQ(rejects.back().sender, "s10");
}

TEST(History, counts_what_happened_in_each_step) {
  gateway::Metrics metrics;
  const auto accepted = metrics.counter("smtpd_messages_accepted_total", {{"listener", "mx"}});
  const auto deferred = metrics.gauge("queue_messages", {{"queue", "deferred"}});
  gateway::History history;
  accepted.add(3);
  history.sample(metrics, 100);
  accepted.add(2);
  deferred.set(7);
  history.sample(metrics, 115);
  ASSERT_EQ(history.steps().size(), 2U);
  EXPECT_EQ(history.steps()[0].accepted, 3);
  EXPECT_EQ(history.steps()[1].accepted, 2);
  EXPECT_EQ(history.steps()[1].deferred, 7);
  for (int i = 0; i < 400; ++i) history.sample(metrics, 130 + i);
  EXPECT_EQ(history.steps().size(), gateway::History::most);
}

}  // namespace
