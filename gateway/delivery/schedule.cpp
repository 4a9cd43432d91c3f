#include "gateway/delivery/schedule.hpp"

#include <algorithm>

namespace gateway {

SystemTime next_try(const config::Queue& queue, SystemTime arrival, SystemTime now) {
  using std::chrono::microseconds;
  // A clock set back must not make the message wait for years: negative ages count as none.
  const microseconds age = std::max(now - arrival, microseconds{0});
  const microseconds least = std::max<microseconds>(queue.minimal_backoff_time, microseconds{100'000});
  const microseconds most = std::max<microseconds>(queue.maximal_backoff_time, microseconds{100'000});
  return now + std::min(std::max(age, least), most);
}

bool is_expired(const config::Queue& queue, const Envelope& envelope, SystemTime now) {
  const auto lifetime = envelope.sender.is_null() ? queue.bounce_queue_lifetime : queue.maximal_queue_lifetime;
  return now - envelope.arrival >= lifetime;
}

bool is_delay_warning_due(const config::Queue& queue, const Envelope& envelope, SystemTime now) {
  return queue.delay_warning_time.count() > 0 && !envelope.delay_warned && !envelope.sender.is_null() &&
         now - envelope.arrival >= queue.delay_warning_time;
}

}  // namespace gateway
