#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/dns.hpp"

namespace asio {
class io_context;
}

namespace lookup {

/// `automatic` marks what validates as secure and lets the rest pass; `yes` makes bogus answers unavailable and needs
/// a trust anchor; `no` never validates. With `servers` given, `automatic` is `no`: a private forwarder seldom carries
/// the signatures of the root.
enum class Dnssec : std::uint8_t { automatic, yes, no };

struct ResolverOptions {
  std::vector<std::string> servers;  // "127.0.0.1:5353", "[::1]:53", "192.0.2.1"; empty: those of /etc/resolv.conf
  std::chrono::milliseconds timeout{5000};
  std::string hosts_file = "/etc/hosts";  // empty: none
  Dnssec dnssec = Dnssec::automatic;
  std::string trust_anchor_file;  // empty: where Debian keeps the root key
  std::size_t cache_entries = 50'000;
  std::size_t questions_in_flight = 10'000;  // more are unavailable at once
};

/// A resolver on libunbound for one event loop; `loop` must outlive it. It owns one thread of libunbound's, which
/// never calls us. Questions still open when it is destroyed are never answered. The error is a sentence for the user.
tl::expected<std::unique_ptr<Resolver>, std::string> open_unbound_resolver(asio::io_context& loop,
                                                                           const ResolverOptions& options);

}  // namespace lookup
