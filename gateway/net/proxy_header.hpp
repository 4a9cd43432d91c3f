#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/net/connection.hpp"

namespace gateway {

/// The client as a load balancer reports it ahead of the stream (PROXY protocol, version 1 or 2).
struct ProxyHeader {
  enum class Status : std::uint8_t { complete, incomplete, malformed };

  Status status = Status::incomplete;
  std::size_t size = 0;   // octets of the header, when complete
  bool is_local = false;  // a health check of the proxy itself, or an unknown family: keep the socket's addresses
  SocketName client, server;
};

/// Looks at the start of a stream. Pure; never asks for more than 536 octets (v1 at most 107).
ProxyHeader parse_proxy_header(std::string_view octets);

}  // namespace gateway
