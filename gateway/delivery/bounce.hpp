#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"
#include "gateway/delivery/bounce_template.hpp"

namespace gateway {

/// Reports to a sender, RFC 3464; and to a postmaster: of a report that failed itself, and copies of what senders get.
enum class ReportKind : std::uint8_t { failure, delay, success, double_bounce, failure_copy, delay_copy };

std::string_view to_string(ReportKind kind);

/// What a report is about; references live for the call.
struct ReportSubject {
  ReportKind kind = ReportKind::failure;
  const Envelope& envelope;
  const Content& content;
  const std::vector<std::uint32_t>& recipients;
  const std::vector<Outcome>& outcomes;  // parallel to the envelope's recipients
  const config::Config& config;
  SystemTime now{};
  const BounceTemplates* templates = nullptr;  // null: the built-in ones
};

struct Report {
  Envelope envelope;
  std::string content;  // CRLF
};

/// Writes one report for all its recipients, with a new ID. Returns the original whole (up to bounce_size_limit) or its
/// headers, as RET and the kind want it; copies for a postmaster never hold a body.
Report compose_report(const ReportSubject& subject);

/// Does the recipient want to hear of this (RFC 3461 NOTIFY)?
bool wants_report(const EnvelopeRecipient& recipient, ReportKind kind);

/// The address of a recipient of notices; one without a domain gets myorigin.
lookup::Address notice_address(std::string_view name, const config::Config& config);

/// The sender of double bounces: what fails to reach the postmaster from there is dropped.
bool is_double_bounce_sender(const lookup::Address& sender, const config::Config& config);

}  // namespace gateway
