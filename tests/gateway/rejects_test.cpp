#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "gateway/cli/log_time.hpp"
#include "gateway/cli/reason_texts.hpp"
#include "gateway/cli/reject_line.hpp"
#include "gateway/cli/reject_report.hpp"
#include "policy/verdict.hpp"

namespace gateway::cli {

namespace {

/// 2026-11-22 12:00:00 UTC.
constexpr std::time_t now = 1795348800;

class Rejects : public ::testing::Test {
 protected:
  Rejects() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

struct TimeCase {
  const char* text;
  std::size_t length;
  const char* day;
  std::time_t time;
};

TEST_F(Rejects, TimesAreReadInBothForms) {
  const TimeCase cases[] = {
      {"Nov 21 22:08:11 mx1 x", 15, "2026-11-21", now - 49909},
      {"Nov  1 00:00:00", 15, "2026-11-01", now - 21 * 86400 - 43200},
      {"Dec 31 23:59:59", 15, "2025-12-31", 1767225599},
      {"2026-11-22T12:00:00 mx1", 19, "2026-11-22", now},
      {"2026-11-22T12:00:00.123456+00:00 mx1", 32, "2026-11-22", now},
      {"2026-11-22T13:00:00+01:00", 25, "2026-11-22", now},
      {"2026-11-22T06:30:00-0530", 24, "2026-11-22", now},
      {"2026-11-22T12:00:00Z", 20, "2026-11-22", now},
  };
  for (const auto& each : cases) {
    const auto time = parse_log_time(each.text, now);
    ASSERT_TRUE(time) << each.text;
    EXPECT_EQ(time->length, each.length) << each.text;
    EXPECT_EQ(time->day, each.day) << each.text;
    EXPECT_EQ(time->time, each.time) << each.text;
  }
  for (const auto* text : {"", "Nov", "Nov 32 00:00:00", "Foo 21 22:08:11", "Nov 21 25:08:11", "Nov 21 22-08-11",
                           "2026-13-01T00:00:00", "2026-11-22", "yesterday"})
    EXPECT_FALSE(parse_log_time(text, now)) << text;
}

struct LineCase {
  const char* name;
  const char* line;
  const char* reason;
  const char* list;
  const char* client;
  const char* sender;
  const char* recipient;
};

TEST_F(Rejects, LinesOfPostfixAndOursAreRead) {
  const LineCase cases[] = {
      {"relay denied",
       "Nov 21 22:08:14 mx1 postfix/smtpd[213]: NOQUEUE: reject: RCPT from unknown[127.0.0.1]: 454 4.7.1 "
       "<x@elsewhere.example>: Relay access denied; from=<a@ext.example> to=<x@elsewhere.example> proto=ESMTP "
       "helo=<localhost>",
       "relay_denied", "", "127.0.0.1", "a@ext.example", "x@elsewhere.example"},
      {"a list",
       "Nov 21 22:08:14 mx1 postfix/smtpd[213]: NOQUEUE: reject: RCPT from mx.example.net[192.0.2.7]: 554 5.7.1 "
       "Service "
       "unavailable; Client host [192.0.2.7] blocked using zen.example; see https://x/?from=<me>; from=<a@b> to=<c@d> "
       "proto=SMTP helo=<h>",
       "dnsbl", "zen.example", "192.0.2.7", "a@b", "c@d"},
      {"a list without a text, the null sender, IPv6",
       "2026-11-21T22:08:14.5+01:00 mx1 postfix-mx/smtpd[3]: NOQUEUE: reject: RCPT from unknown[2001:db8::1]: 554 "
       "5.7.1 "
       "Service unavailable; Client host [2001:db8::1] blocked using bl.example; from=<> to=<c@d> proto=SMTP helo=<h>",
       "dnsbl", "bl.example", "2001:db8::1", "", "c@d"},
      {"postscreen",
       "Nov 21 22:08:14 mx1 postfix/postscreen[9]: NOQUEUE: reject: RCPT from [192.0.2.7]:4711: 550 5.7.1 Service "
       "unavailable; client [192.0.2.7] blocked using bl.example; from=<a@b>, to=<c@d>, proto=ESMTP, helo=<h>",
       "dnsbl", "bl.example", "192.0.2.7", "a@b", "c@d"},
      {"greylisted",
       "Nov 21 22:08:11 mx1 postfix/smtpd[213]: NOQUEUE: reject: RCPT from unknown[127.0.0.1]: 450 4.2.0 <m@e.com>: "
       "Recipient address rejected: Greylisted, see http://postgrey.example/; from=<a@b> to=<m@e.com> proto=ESMTP "
       "helo=<localhost>",
       "greylist", "", "127.0.0.1", "a@b", "m@e.com"},
      {"unknown user",
       "Nov 21 22:08:11 mx1 postfix/smtpd[213]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 <u@e.com>: "
       "Recipient "
       "address rejected: User unknown in relay recipient table; from=<a@b> to=<u@e.com> proto=ESMTP helo=<x>",
       "unknown_recipient", "", "192.0.2.1", "a@b", "u@e.com"},
      {"a milter",
       "Nov 21 22:08:20 mx1 postfix/cleanup[222]: 4F0D9A8093B: milter-reject: END-OF-MESSAGE from unknown[127.0.0.1]: "
       "5.7.1 Command rejected; from=<a@b> to=<c@d> proto=ESMTP helo=<h>",
       "milter", "", "127.0.0.1", "a@b", "c@d"},
      {"a header",
       "Nov 21 22:08:20 mx1 postfix/cleanup[222]: 4F0D9A8093B: reject: header Subject: news from me from "
       "mx.e[192.0.2.9]; from=<a@b> to=<c@d> proto=ESMTP helo=<h>: 5.7.1 no junk",
       "content", "", "192.0.2.9", "a@b", "c@d"},
      {"our JSON",
       R"({"time":"2026-11-21T22:08:14.123+00:00","program":"smtpd","event":"reject","queue_id":"NOQUEUE",)"
       R"("client":"mx.e[192.0.2.9]","stage":"RCPT","reply":"554 5.7.1 Service unavailable; Client host [192.0.2.9] )"
       R"(blocked using zen.example; x","reason":"dnsbl","sender":"a@b","recipient":"c@d","helo":"h"})",
       "dnsbl", "zen.example", "192.0.2.9", "a@b", "c@d"},
      {"accepted mail that speaks of it",
       "Nov 21 22:08:13 mx1 postfix/cleanup[222]: E3206A80939: message-id=<reject: RCPT from x>", nullptr, "", "", "",
       ""},
      {"a warning",
       "Nov 21 22:08:13 mx1 postfix/smtpd[222]: NOQUEUE: reject_warning: RCPT from h[192.0.2.1]: 550 x; from=<a@b> "
       "to=<c@d> proto=ESMTP helo=<x>",
       nullptr, "", "", "", ""},
      {"JSON of something else", R"({"event":"connect","text":"reject: RCPT from x"})", nullptr, "", "", "", ""},
      {"JSON that is cut off", R"({"event":"reject")", nullptr, "", "", "", ""},
      {"nothing", "", nullptr, "", "", "", ""},
      {"only the word", "reject", nullptr, "", "", "", ""},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    const auto reject = parse_reject_line(each.line, now);
    ASSERT_EQ(reject.has_value(), each.reason != nullptr);
    if (!reject) continue;
    EXPECT_EQ(reject->reason, each.reason);
    EXPECT_EQ(reject->list, each.list);
    EXPECT_EQ(reject->client_address, each.client);
    EXPECT_EQ(reject->sender, each.sender);
    EXPECT_EQ(reject->recipient, each.recipient);
    EXPECT_EQ(reject->day, "2026-11-21");
  }
}

TEST_F(Rejects, ARefusedConnectionHasNoEnvelope) {
  const auto reject = parse_reject_line(
      "Nov 21 22:08:20 mx1 postfix/smtpd[2]: NOQUEUE: reject: CONNECT from unknown[192.0.2.9]: 554 5.7.1 "
      "<unknown[192.0.2.9]>: Client host rejected: Access denied; proto=SMTP",
      now);
  ASSERT_TRUE(reject);
  EXPECT_EQ(reject->stage, "CONNECT");
  EXPECT_EQ(reject->client_address, "192.0.2.9");
  EXPECT_EQ(reject->reason, "access_table");
  EXPECT_EQ(reject->sender + reject->recipient, "");
}

TEST_F(Rejects, AReferenceStandsBehindEverythingThatAClientSaid) {
  const std::string begin =
      "Nov 21 22:08:20 mx1 postfix/smtpd[2]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <c@d>: Relay "
      "access denied; from=<a@b> to=<c@d> proto=ESMTP helo=<";
  const std::pair<const char*, const char*> cases[] = {{"h> ref=4M7K2Q9X", "4M7K2Q9X"},
                                                       {"h>", ""},
                                                       {"x ref=FORGED00>", ""},
                                                       {"x ref=FORGED00> ref=4M7K2Q9X", "4M7K2Q9X"}};
  for (const auto& [end, reference] : cases) {
    const auto reject = parse_reject_line(begin + end, now);
    ASSERT_TRUE(reject) << end;
    EXPECT_EQ(reject->reference, reference) << end;
  }
  const auto json = parse_reject_line(R"({"event":"reject","client":"h[192.0.2.9]","reference":"4M7K2Q9X"})", now);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->reference, "4M7K2Q9X");
}

TEST_F(Rejects, EveryReasonIsExplainedAsTheDocumentationDoes) {
  std::ifstream file(GATEPOST_SOURCE_DIR "/docs/reasons.md");
  const std::string documented((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (int i = 1; i <= static_cast<int>(policy::Reason::content); ++i) {
    const auto word = to_string(static_cast<policy::Reason>(i));
    const auto* text = find_reason_text(word);
    ASSERT_NE(text, nullptr) << word;
    const auto row = documented.find("| `" + std::string(word) + "` |");
    ASSERT_NE(row, std::string::npos) << word;
    const auto line = documented.substr(row, documented.find('\n', row) - row);
    EXPECT_NE(line.find("| " + std::string(text->happened) + " | " + std::string(text->look) + " |"), std::string::npos)
        << line;
  }
  EXPECT_EQ(find_reason_text("nonsense"), nullptr);
}

TEST_F(Rejects, RepliesTellTheirReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", "non_fqdn"},
      {"501 5.5.2 <x>: Helo command rejected: Invalid name", "helo"},
      {"450 4.1.8 <a@b>: Sender address rejected: Domain not found", "sender_domain"},
      {"450 4.1.2 <a@b>: Recipient address rejected: Domain not found", "recipient_domain"},
      {"550 5.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", "client_name"},
      {"451 4.3.0 <a@b>: Temporary lookup failure", "lookup_failed"},
      {"552 5.3.4 Message size exceeds fixed limit", "size"},
      {"530 5.7.0 Must issue a STARTTLS command first", "tls_required"},
      {"553 5.7.1 <a@b>: Sender address rejected: not owned by user x", "sender_mismatch"},
      {"550 5.1.0 <a@b>: Sender address rejected: User unknown in virtual mailbox table", "unknown_sender"},
      {"554 5.7.1 <a@b>: Sender address rejected: Access denied", "access_table"},
      {"554 5.7.1 go away", "restriction"},
  };
  for (const auto& [reply, reason] : cases) EXPECT_EQ(reason_of_reply(reply), reason) << reply;
}

Reject one(const char* sender, const char* recipient, const char* reason) {
  Reject reject;
  reject.day = "2026-11-21";
  reject.sender = sender;
  reject.recipient = recipient;
  reject.reason = reason;
  reject.client_name = "unknown";
  reject.client_address = "192.0.2.1";
  return reject;
}

TEST_F(Rejects, AreCounted) {
  RejectReport report;
  report.add(one("a@b", "x@e", "dnsbl"));
  report.add(one("a@b", "y@e", "dnsbl"));
  report.add(one("", "x@e", "helo"));
  const auto object = nlohmann::json::parse(report.json(1));
  EXPECT_EQ(object["total"], 3);
  EXPECT_EQ(object["days"][0]["day"], "2026-11-21");
  EXPECT_EQ(object["days"][0]["count"], 3);
  EXPECT_EQ(object["reasons"].size(), 2u) << "reasons are never cut off";
  EXPECT_EQ(object["reasons"][0]["reason"], "dnsbl");
  EXPECT_EQ(object["senders"].size(), 1u);
  EXPECT_EQ(object["senders"][0]["sender"], "a@b");
  EXPECT_EQ(object["clients"][0]["client"], "192.0.2.1");
  const auto text = report.text(1);
  EXPECT_NE(text.find("3 rejects\n"), std::string::npos) << text;
  EXPECT_NE(text.find("By sender (first 1 of 2)\n       2  a@b\n"), std::string::npos) << text;
  EXPECT_NE(report.text(0).find("       1  <>\n"), std::string::npos);
}

}  // namespace

}  // namespace gateway::cli
