#include "gateway/assembly/loop_watch.hpp"

#include <algorithm>
#include <atomic>

#include "gateway/net/asio.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto period = std::chrono::seconds(1);

}  // namespace

struct LoopWatch::Pulse : std::enable_shared_from_this<Pulse> {
  Pulse(asio::io_context& loop, Histogram histogram) : timer(loop), lag(histogram) {}

  void wait() {
    timer.expires_after(period);
    timer.async_wait([weak = weak_from_this()](std::error_code error) {
      const auto self = weak.lock();
      if (error || !self) return;
      const auto now = Clock::now();
      self->lag.observe(std::chrono::duration<double>(now - self->timer.expiry()).count());
      self->last.store(now.time_since_epoch(), std::memory_order_relaxed);
      self->wait();
    });
  }

  asio::steady_timer timer;
  Histogram lag;
  std::atomic<Clock::duration> last{Clock::now().time_since_epoch()};
};

LoopWatch::LoopWatch(LoopSet& loops, Metrics& metrics) {
  const auto serving = loops.serving();
  const auto add = [&](Shard& shard, std::string_view pool) {
    auto pulse = std::make_shared<Pulse>(shard.loop(), metrics.histogram("event_loop_lag_seconds", {{"pool", pool}}));
    pulse->wait();
    pulses_.push_back(std::move(pulse));
  };
  for (Shard* shard : serving) add(*shard, "smtpd");
  add(loops.delivery(), "delivery");
  metrics.gauge("workers", {{"pool", "smtpd"}}).set(static_cast<double>(serving.size()));
  metrics.gauge("workers", {{"pool", "delivery"}}).set(1);
  metrics.gauge("workers", {{"pool", "maildir"}}).set(1);
}

LoopWatch::~LoopWatch() = default;

bool LoopWatch::all_beat_within(std::chrono::seconds time) const {
  const auto now = Clock::now().time_since_epoch();
  return std::all_of(pulses_.begin(), pulses_.end(),
                     [&](const auto& pulse) { return now - pulse->last.load(std::memory_order_relaxed) < time; });
}

}  // namespace gateway
