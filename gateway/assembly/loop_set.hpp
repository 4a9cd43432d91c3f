#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/metrics.hpp"
#include "gateway/net/shard_thread.hpp"
#include "lookup/dns.hpp"

namespace gateway {

/// The event loops of the daemon, each with its thread and its resolver: one for each core that serves clients, and
/// one more that delivers.
class LoopSet {
 public:
  /// Makes the loops; none runs yet. The error is a sentence about the resolver.
  [[nodiscard]] static tl::expected<std::unique_ptr<LoopSet>, std::string> open(const config::Dns& dns,
                                                                                Metrics& metrics);

  std::vector<Shard*> serving() const;
  Shard& delivery() const { return threads_.back()->shard(); }

  /// By Shard::index().
  Shard& shard(unsigned index) const { return threads_[index]->shard(); }
  const std::shared_ptr<lookup::Resolver>& resolver(unsigned index) const { return resolvers_[index]; }

  void start();
  /// Ends all loops at once and joins their threads. May be called twice.
  void stop();

 private:
  std::vector<std::unique_ptr<ShardThread>> threads_;
  std::vector<std::shared_ptr<lookup::Resolver>> resolvers_;
};

}  // namespace gateway
