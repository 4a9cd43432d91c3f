#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// A destination as it is, in lower case, and where its port has a name also with that: "[host]:587",
/// "[host]:submission".
std::vector<std::string> destination_forms(std::string_view destination);

/// The keys of a destination in a TLS policy table, best first: "[mail.example.com]:587" and the like as they are; a
/// domain also without its port, then ".example.com", ".com".
std::vector<std::string> tls_policy_keys(std::string_view destination);

/// The wishes of a route with one entry of its policy table applied: "LEVEL [match=A:B] [protocols=...] [ciphers=...]
/// [exclude=...] [tafile=...] [servername=...]". The error is a sentence for the log; mail must then wait.
[[nodiscard]] tl::expected<config::RouteTls, std::string> apply_tls_policy(config::RouteTls wishes,
                                                                           std::string_view entry);

/// A level by its name in Postfix's files.
[[nodiscard]] tl::expected<config::TlsLevel, std::string> parse_tls_level(std::string_view text);

}  // namespace gateway
