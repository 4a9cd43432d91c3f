#include "gateway/net/resolve_host.hpp"

#include "gateway/net/awaited.hpp"

namespace gateway {

asio::awaitable<std::vector<StreamEndpoint>> resolve_host(asio::io_context& loop, std::string host, std::uint16_t port,
                                                          std::chrono::seconds limit) {
  using Found = std::vector<StreamEndpoint>;
  Awaited<Found> awaited(loop);
  auto resolver = std::make_shared<asio::ip::tcp::resolver>(loop);
  // The system's call cannot be stopped: who gives up waiting leaves it to end by itself.
  auto resolved = [resolver, bring = awaited.callback()](std::error_code error,
                                                         asio::ip::tcp::resolver::results_type results) {
    Found found;
    if (!error)
      for (const auto& result : results) found.emplace_back(result.endpoint());
    bring(std::move(found));
  };
  resolver->async_resolve(host, std::to_string(port), std::move(resolved));
  auto found = co_await awaited.wait(limit);
  if (!found) co_return Found();
  co_return std::move(*found);
}

}  // namespace gateway
