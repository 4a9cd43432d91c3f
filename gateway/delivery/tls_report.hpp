#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gateway/delivery/bounce.hpp"
#include "gateway/delivery/client_tls.hpp"

namespace gateway {

/// How TLS went with one MX host of a domain.
struct TlsResult {
  std::string domain;       // whose policy it was
  std::string policy_type;  // tlsa, sts or no-policy-found
  std::vector<std::string> policy, mx_hosts;
  TlsFailure failure = TlsFailure::none;
  std::string host, address, sending_address;
};

/// What came of one policy of one domain on one day.
struct TlsTally {
  using Place = std::tuple<std::string, std::string, std::string, std::string>;  // result type, host, address, ours

  std::vector<std::string> policy, mx_hosts;
  std::uint64_t successes = 0, failures = 0;
  std::map<Place, std::uint64_t> details;

  void add(const TlsResult& result);
};

/// By policy type.
using TlsTallies = std::map<std::string, TlsTally>;

/// The `rua` addresses of "v=TLSRPTv1; rua=mailto:a@b,https://c" (RFC 8460 3) that are mailto:, at most five. Empty:
/// the domain wants no report by mail.
std::vector<std::string> parse_report_addresses(std::string_view txt);

struct TlsReportFrame {
  std::string organization, contact, hostname, domain;
  std::int64_t day = 0;  // days since 1970-01-01, UTC
};

/// The report as JSON (RFC 8460 4.4).
std::string write_tls_report(const TlsReportFrame& frame, const TlsTallies& tallies);

/// The message that carries it, compressed (RFC 8460 5.3). nullopt when it cannot be compressed.
std::optional<Report> compose_tls_report(const TlsReportFrame& frame, const TlsTallies& tallies, const std::string& to,
                                         SystemTime now);

}  // namespace gateway
