#include "gateway/delivery/bounce.hpp"

#include <algorithm>
#include <ctime>

#include "gateway/delivery/maildir_message.hpp"

namespace gateway {

namespace {

const BounceTemplate& template_of(ReportKind kind, const BounceTemplates& templates) {
  switch (kind) {
    case ReportKind::delay:
    case ReportKind::delay_copy:
      return templates.delay;
    case ReportKind::success:
      return templates.success;
    default:
      return templates.failure;
  }
}

std::string_view action_of(ReportKind kind) {
  return kind == ReportKind::success                                   ? "delivered"
         : kind == ReportKind::delay || kind == ReportKind::delay_copy ? "delayed"
                                                                       : "failed";
}

bool is_for_postmaster(ReportKind kind) {
  return kind == ReportKind::double_bounce || kind == ReportKind::failure_copy || kind == ReportKind::delay_copy;
}

lookup::Address postmaster_for(ReportKind kind, const config::Config& config) {
  const config::Notify& notify = config.notify;
  const std::string& name = kind == ReportKind::double_bounce  ? notify.double_bounce
                            : kind == ReportKind::failure_copy ? notify.bounce
                                                               : notify.delay;
  return notice_address(name, config);
}

/// Safe in a header line: no control characters, so no new line.
std::string line(std::string_view text) {
  std::string result(text.substr(0, 900));
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return result;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// "MAILER-DAEMON (Mail Delivery System)" with a domain put to a bare first word.
std::string completed(const std::string& from, const std::string& origin) {
  if (from.find('@') != std::string::npos) return from;
  const auto end = std::min(from.find(' '), from.size());
  return from.substr(0, end) + "@" + origin + from.substr(end);
}

std::string date(SystemTime when) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(when));
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S %z (%Z)", &local);
  return {text, length};
}

std::string body_of(const Content& content) {
  if (!content.in_memory().empty()) return std::string(content.in_memory());
  std::string body(content.size(), '\0');
  std::size_t filled = 0;
  while (filled < body.size()) {
    const std::int64_t got = content.read(filled, body.data() + filled, body.size() - filled);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  body.resize(filled);
  return body;
}

std::string original_recipient(const EnvelopeRecipient& recipient) {
  if (!recipient.orcpt.empty()) return recipient.orcpt;
  if (!recipient.original.empty()) return "rfc822;" + recipient.original;
  return {};
}

void add_status(const ReportSubject& subject, std::uint32_t at, std::string_view action, bool utf8, std::string& out) {
  const EnvelopeRecipient& recipient = subject.envelope.recipients[at];
  const Outcome& outcome = subject.outcomes[at];
  const bool local = outcome.remote.empty();
  out += "\r\nFinal-Recipient: ";
  out += utf8 ? "utf-8; " : "rfc822; ";
  out += line(recipient.address.to_string()) + "\r\n";
  const std::string original = original_recipient(recipient);
  if (!original.empty()) out += "Original-Recipient: " + line(original) + "\r\n";
  out += "Action: ";
  out += subject.kind == ReportKind::success && !local ? "relayed" : action;
  out += "\r\nStatus: " + line(outcome.dsn) + "\r\n";
  if (!local) out += "Remote-MTA: dns; " + line(outcome.remote) + "\r\n";
  out += "Diagnostic-Code: ";
  out += outcome.reply.empty() ? "X-Gatepost; " + line(outcome.text) : "smtp; " + line(outcome.reply);
  out += "\r\n";
  if (action == "delayed") {
    const auto until = subject.envelope.arrival + subject.config.queue.maximal_queue_lifetime;
    out += "Will-Retry-Until: " + date(until) + "\r\n";
  }
}

void add_original(const ReportSubject& subject, bool utf8, std::string& out) {
  const bool report_kind = subject.kind == ReportKind::failure || subject.kind == ReportKind::double_bounce;
  const bool whole =
      report_kind && subject.envelope.ret != 'H' && subject.content.size() <= subject.config.queue.bounce_size_limit;
  std::string buffer;
  const std::string body = whole ? body_of(subject.content) : std::string(header_of(subject.content, buffer));
  out +=
      whole ? "Content-Description: Undelivered Message\r\n" : "Content-Description: Undelivered Message Headers\r\n";
  out += "Content-Type: ";
  if (whole) {
    out += utf8 ? "message/global" : "message/rfc822";
  } else {
    out += utf8 ? "message/global-headers" : "text/rfc822-headers";
  }
  out += is_ascii(body) ? "\r\n\r\n" : "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
  out += body;
  if (!body.ends_with("\r\n")) out += "\r\n";
}

}  // namespace

std::string_view to_string(ReportKind kind) {
  switch (kind) {
    case ReportKind::failure:
      return "failure";
    case ReportKind::delay:
      return "delay";
    case ReportKind::success:
      return "success";
    case ReportKind::double_bounce:
      return "double";
    case ReportKind::failure_copy:
      return "failure_copy";
    case ReportKind::delay_copy:
      return "delay_copy";
  }
  return {};
}

Report compose_report(const ReportSubject& subject) {
  const config::Config& config = subject.config;
  const std::string origin = config.myorigin.empty() ? config.hostname : config.myorigin;
  const BounceTemplate& words =
      template_of(subject.kind, subject.templates != nullptr ? *subject.templates : built_in_bounce_templates());
  const bool for_postmaster = is_for_postmaster(subject.kind);
  const std::string queue_id = to_string(subject.envelope.id);
  Report report;
  Envelope& envelope = report.envelope;
  envelope.id = next_message_id();
  envelope.arrival = subject.now;
  EnvelopeRecipient to;
  if (for_postmaster) {
    envelope.sender = {"double-bounce", origin};
    to.address = postmaster_for(subject.kind, config);
  } else {
    to.address = subject.envelope.sender;
  }
  const std::string to_text = line(to.address.to_string());

  std::string notice = expand_bounce_body(words, config);
  const bool worded_in_ascii = is_ascii(notice);
  bool utf8 = !is_ascii(to_text);
  for (const std::uint32_t at : subject.recipients) {
    const EnvelopeRecipient& recipient = subject.envelope.recipients[at];
    const std::string name = line(recipient.address.to_string());
    utf8 = utf8 || !is_ascii(name);
    notice += "\r\n<" + name + ">";
    if (!recipient.original.empty()) notice += " (expanded from <" + line(recipient.original) + ">)";
    notice += ": " + line(subject.outcomes[at].text) + "\r\n";
  }
  const bool plain = is_ascii(notice);
  // Addresses are UTF-8: words in another charset cannot stand beside them, so they say what they are.
  const std::string charset = plain ? "us-ascii" : worded_in_ascii ? "utf-8" : words.charset;

  const std::string id = to_string(envelope.id);
  const std::string boundary = id + "." + std::to_string(subject.envelope.id.value) + "/" + config.hostname;
  std::string& out = report.content;
  out = "Received: by " + config.hostname + " (Gatepost)\r\n\tid " + id + "; " + date(subject.now) + "\r\n";
  out += "Date: " + date(subject.now) + "\r\n";
  out += "From: " + completed(words.from, origin) + "\r\n";
  out += "Subject: " + (for_postmaster ? words.postmaster_subject : words.subject) + "\r\n";
  out += "To: " + to_text + "\r\n";
  out += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/report; report-type=";
  out += utf8 ? "global-delivery-status" : "delivery-status";
  out += ";\r\n\tboundary=\"" + boundary + "\"\r\n";
  out += "Message-Id: <" + id + "@" + config.hostname + ">\r\n\r\nThis is a MIME-encapsulated message.\r\n";

  out += "\r\n--" + boundary + "\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=" + charset;
  out += plain ? "\r\n\r\n" : "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
  out += notice;

  out += "\r\n--" + boundary + "\r\nContent-Description: Delivery report\r\nContent-Type: message/";
  out += utf8 ? "global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" : "delivery-status\r\n\r\n";
  out += "Reporting-MTA: dns; " + config.hostname + "\r\n";
  if (!subject.envelope.envid.empty()) out += "Original-Envelope-Id: " + line(subject.envelope.envid) + "\r\n";
  out += "X-Gatepost-Queue-ID: " + queue_id + "\r\nX-Gatepost-Sender: rfc822; " +
         line(subject.envelope.sender.to_string()) + "\r\nArrival-Date: " + date(subject.envelope.arrival) + "\r\n";
  for (const std::uint32_t at : subject.recipients) add_status(subject, at, action_of(subject.kind), utf8, out);

  out += "\r\n--" + boundary + "\r\n";
  add_original(subject, utf8, out);
  out += "\r\n--" + boundary + "--\r\n";

  envelope.smtputf8 = utf8;
  envelope.eight_bit = !is_ascii(out);
  envelope.size = out.size();
  envelope.recipients.push_back(std::move(to));
  return report;
}

bool wants_report(const EnvelopeRecipient& recipient, ReportKind kind) {
  const std::uint8_t notify = recipient.notify;
  if ((notify & notify_never) != 0) return false;
  switch (kind) {
    case ReportKind::failure:
      return notify == 0 || (notify & notify_failure) != 0;
    case ReportKind::delay:
      return notify == 0 || (notify & notify_delay) != 0;
    case ReportKind::success:
      return (notify & notify_success) != 0;
    default:
      return true;
  }
  return false;
}

lookup::Address notice_address(std::string_view name, const config::Config& config) {
  lookup::Address address = lookup::split_address(std::string(name));
  if (address.domain.empty()) address.domain = config.myorigin.empty() ? config.hostname : config.myorigin;
  return address;
}

bool is_double_bounce_sender(const lookup::Address& sender, const config::Config& config) {
  const std::string& origin = config.myorigin.empty() ? config.hostname : config.myorigin;
  return sender.folded() == lookup::ascii_lower("double-bounce@" + origin);
}

}  // namespace gateway
