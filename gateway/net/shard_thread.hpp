#pragma once

#include <optional>
#include <thread>

#include "gateway/net/shard.hpp"

namespace gateway {

/// One event loop, run by one thread: start() runs it, stop() ends it at once and joins. Sessions live on it from
/// first to last, so that they need no locks.
class ShardThread {
 public:
  explicit ShardThread(unsigned index);
  ~ShardThread();

  Shard& shard() { return *shard_; }
  void start();
  void stop();

 private:
  asio::io_context loop_{1};
  std::optional<Shard> shard_;
  std::thread thread_;
  unsigned index_;
};

}  // namespace gateway
