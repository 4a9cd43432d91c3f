#include "gateway/assembly/loop_set.hpp"

#include <thread>

#include "gateway/assembly/counted_resolver.hpp"
#include "gateway/assembly/resolver_settings.hpp"
#include "lookup/unbound_resolver.hpp"

namespace gateway {

tl::expected<std::unique_ptr<LoopSet>, std::string> LoopSet::open(const config::Dns& dns, Metrics& metrics) {
  auto loops = std::make_unique<LoopSet>();
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned index = 0; index <= cores; ++index) {
    loops->threads_.push_back(std::make_unique<ShardThread>(index));
    auto resolver = lookup::open_unbound_resolver(loops->threads_.back()->shard().loop(), resolver_options(dns));
    if (!resolver) return tl::unexpected(resolver.error());
    loops->resolvers_.push_back(count_questions(std::move(*resolver), metrics));
  }
  return loops;
}

std::vector<Shard*> LoopSet::serving() const {
  std::vector<Shard*> shards;
  for (std::size_t index = 0; index + 1 < threads_.size(); ++index) shards.push_back(&threads_[index]->shard());
  return shards;
}

void LoopSet::start() {
  for (const auto& thread : threads_) thread->start();
}

void LoopSet::stop() {
  for (const auto& thread : threads_) thread->stop();
}

}  // namespace gateway
