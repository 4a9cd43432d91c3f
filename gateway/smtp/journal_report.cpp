#include "gateway/smtp/journal_report.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "gateway/smtp/trace_header.hpp"

namespace gateway {

namespace {

std::string boundary_of(const JournalReport& report) {
  return fmt::format("journal-{}/{}", to_string(report.envelope->id), report.hostname);
}

std::string clean(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::string journal_head(const JournalReport& report) {
  const auto& envelope = *report.envelope;
  const auto boundary = boundary_of(report);
  const bool eight_bit = envelope.eight_bit || envelope.smtputf8;
  auto text = fmt::format(
      "From: Journal <MAILER-DAEMON@{}>\r\nTo: {}\r\nSubject: Journal of {}\r\nDate: {}\r\n"
      "Message-ID: <journal.{}@{}>\r\nAuto-Submitted: auto-generated\r\nX-MS-Journal-Report:\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=\"{}\"\r\n{}\r\n"
      "--{}\r\nContent-Type: text/plain; charset=utf-8\r\n{}\r\n",
      report.myorigin, clean(report.journal), clean(report.message_id), mail_date(report.time), to_string(envelope.id),
      report.hostname, boundary, eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "", boundary,
      eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "");
  text += fmt::format("Sender: {}\r\nMessage-ID: {}\r\nQueue-ID: {}\r\n", clean(envelope.sender.to_string()),
                      clean(report.message_id), to_string(envelope.id));
  text += fmt::format("Client: {} [{}]\r\n", clean(envelope.client_name), clean(envelope.client_address));
  if (!envelope.login.empty()) text += fmt::format("Login: {}\r\n", clean(envelope.login));
  for (const auto* recipient : report.recipients) {
    text += "Recipient: " + clean(recipient->address.to_string());
    if (!recipient->original.empty()) text += ", Expanded: " + clean(recipient->original);
    text += "\r\n";
  }
  text += fmt::format("\r\n--{}\r\nContent-Type: message/rfc822\r\n{}\r\n", boundary,
                      eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "");
  return text;
}

std::string journal_tail(const JournalReport& report) {
  return fmt::format("\r\n--{}--\r\n", boundary_of(report));
}

}  // namespace gateway
