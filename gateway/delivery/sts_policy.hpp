#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace gateway {

/// What a domain says of TLS with its MX hosts (MTA-STS, RFC 8461).
struct StsPolicy {
  enum class Mode : std::uint8_t { none, testing, enforce };

  Mode mode = Mode::none;
  std::vector<std::string> mx;  // lower case; "*.example.com" covers one label
  std::chrono::seconds max_age{0};
  std::string id;    // of the TXT record it came with
  std::string text;  // as it was fetched

  /// Is this host one of those that the domain names?
  bool names(std::string_view host) const;
};

/// The `id` of "v=STSv1; id=20260101;" (RFC 8461 3.1). nullopt: no such record.
std::optional<std::string> parse_sts_record(std::string_view txt);

/// The only one among the TXT records of _mta-sts.DOMAIN; several are as good as none.
std::optional<std::string> find_sts_id(const std::vector<std::string>& records);

/// Reads the text of a policy (RFC 8461 3.2). The error is a sentence for the log.
[[nodiscard]] tl::expected<StsPolicy, std::string> parse_sts_policy(std::string_view text);

}  // namespace gateway
