#include "gateway/smtp/journal_report.hpp"

#include <gtest/gtest.h>

namespace {

TEST(JournalReport, holds_the_envelope_and_the_message_and_no_forged_line) {
  gateway::Envelope envelope;
  envelope.id = {0x65BC9A3F1D2E4};
  envelope.sender = {"boss", "example.com"};
  envelope.client_name = "evil\r\nRecipient: forged@example.com";
  envelope.client_address = "192.0.2.1";
  envelope.login = "boss";
  gateway::EnvelopeRecipient lea, hidden;
  lea.address = {"lea", "example.com"};
  lea.original = "team@example.com";
  hidden.address = {"hidden", "far.example"};
  gateway::JournalReport report;
  report.hostname = "mx.example.com";
  report.myorigin = "example.com";
  report.journal = "journal@archive.example";
  report.message_id = "<1@x>";
  report.envelope = &envelope;
  report.recipients = {&lea, &hidden};
  const auto whole = gateway::journal_head(report) + "Subject: x\r\n\r\nbody\r\n" + gateway::journal_tail(report);
  for (const char* part : {"From: Journal <MAILER-DAEMON@example.com>\r\n", "\r\nTo: journal@archive.example\r\n",
                           "\r\nSender: boss@example.com\r\nMessage-ID: <1@x>\r\nQueue-ID: 65BC9A3F1D2E4\r\n",
                           "\r\nLogin: boss\r\nRecipient: lea@example.com, Expanded: team@example.com\r\n"
                           "Recipient: hidden@far.example\r\n\r\n--",
                           "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody\r\n\r\n--"})
    EXPECT_NE(whole.find(part), std::string::npos) << part << "\n" << whole;
  EXPECT_EQ(whole.find("\nRecipient: forged"), std::string::npos);
  EXPECT_EQ(whole.substr(whole.size() - 4), "--\r\n");
}

}  // namespace
