#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"

namespace gateway {

/// Reports to a sender, RFC 3464. `double_bounce` is the report to the postmaster about a report that failed itself.
enum class ReportKind : std::uint8_t { failure, delay, success, double_bounce };

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
};

struct Report {
  Envelope envelope;
  std::string content;  // CRLF
};

/// Writes one report for all its recipients, with a new ID. Returns the original whole (up to 50,000 octets) or its
/// headers, as RET and the kind want it.
Report compose_report(const ReportSubject& subject);

/// Does the recipient want to hear of this (RFC 3461 NOTIFY)?
bool wants_report(const EnvelopeRecipient& recipient, ReportKind kind);

/// The sender of double bounces: what fails to reach the postmaster from there is dropped.
bool is_double_bounce_sender(const lookup::Address& sender, const config::Config& config);

}  // namespace gateway
