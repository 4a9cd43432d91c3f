#include "gateway/delivery/bounce.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/gateway/delivery_world.hpp"

namespace gateway {
namespace {

using testing::FakeContent;

class Bounce : public ::testing::Test {
 protected:
  Bounce() {
    config.hostname = "gw.example.com";
    config.myorigin = "example.com";
    envelope = testing::DeliveryWorld::envelope({"a@example.org", "b@example.org"});
    outcomes.resize(2);
    outcomes[0] = {Outcome::Result::failed, "5.1.1", "host mx[192.0.2.1] said: 550 5.1.1 no", "mx",
                   "550 5.1.1 no",          false};
    outcomes[1] = {Outcome::Result::failed, "5.2.2", "maildir delivery failed: mailbox full", {}, {}, false};
  }
  Report compose(ReportKind kind, const std::string& content = "Subject: x\r\nFrom: s\r\n\r\nbody\r\n",
                 std::vector<std::uint32_t> recipients = {0, 1}) {
    const FakeContent original(content);
    return compose_report({kind, envelope, original, recipients, outcomes, config, envelope.arrival});
  }
  config::Config config;
  Envelope envelope;
  std::vector<Outcome> outcomes;
};

TEST_F(Bounce, OneReportServesAllRecipients) {
  const Report report = compose(ReportKind::failure);
  EXPECT_TRUE(report.envelope.sender.is_null());
  ASSERT_EQ(report.envelope.recipients.size(), 1U);
  EXPECT_EQ(report.envelope.recipients[0].address.to_string(), "sender@example.net");
  EXPECT_EQ(report.envelope.size, report.content.size());
  EXPECT_NE(report.content.find("Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
                                "Remote-MTA: dns; mx\r\nDiagnostic-Code: smtp; 550 5.1.1 no\r\n"),
            std::string::npos);
  EXPECT_NE(report.content.find("Final-Recipient: rfc822; b@example.org\r\nAction: failed\r\nStatus: 5.2.2\r\n"
                                "Diagnostic-Code: X-Gatepost; maildir delivery failed: mailbox full\r\n"),
            std::string::npos);
}

TEST_F(Bounce, RetDecidesHowMuchComesBack) {
  EXPECT_NE(compose(ReportKind::failure).content.find("\r\n\r\nbody\r\n"), std::string::npos);
  EXPECT_EQ(compose(ReportKind::delay).content.find("\r\n\r\nbody\r\n"), std::string::npos);
  envelope.ret = 'H';
  const std::string headers = compose(ReportKind::failure).content;
  EXPECT_EQ(headers.find("\r\n\r\nbody\r\n"), std::string::npos);
  EXPECT_NE(headers.find("Content-Type: text/rfc822-headers\r\n"), std::string::npos);
  envelope.ret = 'F';
  const std::string large = "Subject: x\r\n\r\n" + std::string(60000, 'x') + "\r\n";
  EXPECT_LT(compose(ReportKind::failure, large).content.size(), 10000U);
}

TEST_F(Bounce, NothingInjectsHeaderLines) {
  envelope.envid = "x\r\nX-Injected: 1";
  envelope.recipients[0].orcpt = "rfc822;a\r\nX-Injected: 1";
  envelope.recipients[0].original = "o\r\nX-Injected: 1";
  outcomes[0].reply = "550 x\r\nX-Injected: 1";
  outcomes[0].text = "x\n\nX-Injected: 1";
  EXPECT_EQ(compose(ReportKind::failure).content.find("\nX-Injected"), std::string::npos);
}

TEST_F(Bounce, AReportAboutAReportGoesToThePostmaster) {
  envelope.sender = {};
  const Report report = compose(ReportKind::double_bounce);
  EXPECT_EQ(report.envelope.sender.to_string(), "double-bounce@example.com");
  EXPECT_EQ(report.envelope.recipients[0].address.to_string(), "postmaster@example.com");
  EXPECT_TRUE(is_double_bounce_sender(report.envelope.sender, config));
}

TEST_F(Bounce, PythonsEmailPackageUnderstandsIt) {
  const testing::TempFolder folder;
  std::ofstream(folder.path / "report.eml", std::ios::binary) << compose(ReportKind::failure).content;
  std::ofstream(folder.path / "check.py") << R"(
import email, email.policy, sys
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
assert not m.defects, m.defects
assert m.get_content_type() == 'multipart/report', m.get_content_type()
assert m['Auto-Submitted'] == 'auto-replied' and 'MAILER-DAEMON@example.com' in m['From'], m['From']
text, status, original = m.get_payload()
assert text.get_content_type() == 'text/plain'
assert status.get_content_type() == 'message/delivery-status'
fields = status.get_payload()
assert len(fields) == 3, len(fields)
assert fields[0]['Reporting-MTA'] == 'dns; gw.example.com'
assert fields[1]['Action'] == 'failed' and fields[2]['Status'] == '5.2.2'
assert original.get_content_type() == 'message/rfc822'
assert original.get_payload()[0]['Subject'] == 'x'
print('understood')
)";
  const std::string command =
      "python3 " + (folder.path / "check.py").string() + " " + (folder.path / "report.eml").string() + " 2>&1";
  FILE* out = popen(command.c_str(), "r");
  char text[4000] = {};
  const std::size_t got = std::fread(text, 1, sizeof text - 1, out);
  pclose(out);
  EXPECT_STREQ(text, "understood\n") << got;
}

TEST_F(Bounce, InternationalAddressesMakeAGlobalReport) {
  envelope.recipients[0].address.local = "l\xc3\xa9";
  const Report report = compose(ReportKind::failure);
  EXPECT_TRUE(report.envelope.smtputf8);
  EXPECT_NE(report.content.find("Content-Type: message/global-delivery-status\r\n"), std::string::npos);
  EXPECT_NE(report.content.find("Final-Recipient: utf-8; l\xc3\xa9@example.org\r\n"), std::string::npos);
}

}  // namespace
}  // namespace gateway
