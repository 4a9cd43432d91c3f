#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "gateway/filter/milter_client.hpp"

namespace gateway {

/// All filters of one session, asked in the order of the configuration. The first that does not let a command pass
/// decides; the others are not asked.
///
/// `filters` and `metrics` are parallel and outlive the chain, as `log` does. Belongs to the shard's loop.
class MilterChain {
 public:
  MilterChain(Shard& shard, const std::vector<config::Filter>& filters,
              const std::vector<const FilterMetrics*>& metrics, Log& log);

  asio::awaitable<FilterVerdict> connect(MilterEvent event);
  asio::awaitable<FilterVerdict> helo(MilterEvent event);
  asio::awaitable<FilterVerdict> mail(MilterEvent event);
  asio::awaitable<FilterVerdict> tell(MilterEvent event);
  /// Each filter sees the message as those before it have left it.
  asio::awaitable<FilterVerdict> show(FilteredMessage& message, milter::Macros macros);

  /// Does any filter still want to see the message?
  bool wants_message() const;
  void interrupt();

 private:
  std::vector<std::unique_ptr<MilterClient>> clients_;
  MilterEvent connect_, helo_;  // kept for filters that come back
};

}  // namespace gateway
