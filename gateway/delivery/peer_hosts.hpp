#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/net/asio.hpp"
#include "lookup/ip_address.hpp"

namespace lookup {
class Resolver;
}

namespace gateway {

/// A place to try. For Unix-domain sockets `unix_path` alone is set.
struct PeerAddress {
  std::string host;  // as named by the route or the MX record
  lookup::IpAddress address;
  std::uint16_t port = 25;
  std::string unix_path;
  bool secure = false;      // the DNS answers that led here were validated
  std::string canonical;    // where CNAME records of `host` led; empty when it has none
  std::string destination;  // what led here, as tables are asked for it: "[mail.example.com]:587", "example.net"
  bool by_mx = false;       // `destination` is a domain and the host one of its MX hosts

  /// "mx.example.net[192.0.2.1]:25", as in `relay=`.
  std::string to_string() const;
};

/// Where a message may go, best first; empty with the reason why.
struct PeerHosts {
  std::vector<PeerAddress> addresses;
  bool permanent = false;
  std::string dsn, text;
};

/// "[host]:port", "host:port", "mx:port" (as `host` "mx"), "unix:/path" taken apart.
struct HostEntry {
  std::string host;
  std::uint16_t port = 25;
  bool bracketed = false;  // no MX look-up
  std::string unix_path;
};
HostEntry parse_host_entry(std::string_view text, std::uint16_t default_port);

/// Finds the addresses of `entries` in order: MX look-up where asked (equal preference shuffled, null MX honoured, our
/// own host and everything behind it dropped), A and AAAA interleaved. "mx" stands for the MX hosts of `domain`.
/// At most 10 addresses. `dns` and `config` must outlive the call.
asio::awaitable<PeerHosts> find_peer_hosts(asio::io_context& loop, lookup::Resolver& dns, const config::Config& config,
                                           std::vector<std::string> entries, std::string domain,
                                           std::uint16_t default_port);

}  // namespace gateway
