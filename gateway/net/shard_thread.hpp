#pragma once

#include <optional>
#include <thread>

#include "gateway/net/shard.hpp"

namespace gateway {

/// One event loop, run by one thread: start() runs it, stop() ends it at once, joins, and destroys whatever still waits
/// on it (sessions above all), while what they refer to is alive. Sessions live on it from first to last, so that they
/// need no locks.
class ShardThread {
 public:
  explicit ShardThread(unsigned index);
  ~ShardThread();

  Shard& shard() { return *shard_; }
  void start();
  void stop();

 private:
  struct Loop : asio::io_context {
    Loop() : io_context(1) {}
    void destroy_waiting() { shutdown(); }
  };

  Loop loop_;
  std::optional<Shard> shard_;
  std::thread thread_;
  unsigned index_;
};

}  // namespace gateway
