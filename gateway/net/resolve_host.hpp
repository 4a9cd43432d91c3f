#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "gateway/net/asio.hpp"

namespace gateway {

/// The addresses of a host as the system's resolver knows them (/etc/hosts, DNS), for companions on our own network;
/// empty when there is none within the limit. Mail routing has a resolver of its own.
asio::awaitable<std::vector<StreamEndpoint>> resolve_host(asio::io_context& loop, std::string host, std::uint16_t port,
                                                          std::chrono::seconds limit);

}  // namespace gateway
