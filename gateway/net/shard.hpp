#pragma once

#include <memory>
#include <span>

#include "gateway/net/asio.hpp"
#include "gateway/net/deadline.hpp"

namespace gateway {

/// What all connections of one event loop share: the sweep of their deadlines and one buffer to read into.
///
/// Everything on a shard happens on its loop's one thread, so nothing here is locked. The io_context must outlive the
/// shard, the shard its connections. Whoever runs connections on a loop of their own makes a Shard on it.
class Shard {
 public:
  explicit Shard(asio::io_context& loop, unsigned index = 0);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  asio::io_context& loop() { return loop_; }
  unsigned index() const { return index_; }

  /// Where reads land. Its content is lost at the next suspension: use or copy it before.
  std::span<char> scratch() { return {scratch_.get(), scratch_size}; }
  static constexpr std::size_t scratch_size = 65536;

 private:
  friend class Deadline;
  void link(Deadline& deadline);
  void unlink(Deadline& deadline);
  void arm();
  void sweep();

  asio::io_context& loop_;
  unsigned index_;
  std::unique_ptr<char[]> scratch_;
  asio::steady_timer sweeper_;
  Deadline* first_ = nullptr;
  Deadline* sweep_next_ = nullptr;  // where the sweep goes on; moved when that deadline is unlinked meanwhile
  bool armed_ = false;
};

}  // namespace gateway
