#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace gateway {

/// One document to fetch. The host's addresses come from our own resolver; no proxy and no other name is asked.
struct HttpsRequest {
  std::string host, path;
  std::uint16_t port = 443;
  std::vector<std::string> addresses;
  std::string ca_file;  // empty: the system's authorities
  std::string content_type = "text/plain";
  std::size_t most_octets = 65536;
  std::chrono::seconds limit{60};
};

/// Fetches it with the certificate checked against the host's name; redirections are not followed (RFC 8461 3.3).
/// Blocks: not for an event loop. Safe from any thread. The error is a sentence for the log.
[[nodiscard]] tl::expected<std::string, std::string> fetch_https(const HttpsRequest& request);

}  // namespace gateway
