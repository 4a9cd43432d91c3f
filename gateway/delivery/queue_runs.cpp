// How QueueLoop finds what is due, and how it stops.
#include "gateway/delivery/queue_loop.hpp"

namespace gateway {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t chunk = 500;
constexpr std::size_t found_early_limit = 65536;
constexpr milliseconds between_runs{20};
constexpr milliseconds gauge_period{1000};

SystemTime now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

void QueueLoop::start() {
  if (std::exchange(started_, true)) return;
  arm_gauges();
  wake_at(now());
}

void QueueLoop::wake_at(SystemTime when) {
  if (!started_ || stopping_) return;
  if (wake_ != SystemTime{} && wake_ <= when) return;
  wake_ = when;
  // Many deferred messages become due one after another: gather them.
  const auto wait = std::max<std::chrono::microseconds>(when - now(), between_runs);
  run_timer_.expires_after(wait);
  run_timer_.async_wait([weak = weak_from_this()](std::error_code cancelled) {
    auto self = weak.lock();
    if (self && !cancelled) self->run();
  });
}

void QueueLoop::run() {
  if (stopping_) return;
  wake_ = {};
  // Old mail never fills the active set, so that new mail finds room at once.
  const std::size_t limit = std::max<std::size_t>(1, config_->queue.active_limit / 5 * 4);
  const auto skip = [this](MessageId id) { return active_.contains(id.value); };
  if (active_.size() >= limit || !has_room()) {
    left_behind_ = true;
    return wake_at(now() + config_->queue.queue_run_delay);
  }
  const std::size_t want = std::min(chunk, limit - active_.size());
  const std::vector<Envelope> due = spool_.due(now(), want, skip);
  for (const Envelope& envelope : due) {
    if (!has_room()) break;
    if (envelope.attempts == 0 && found_early_.insert(envelope.id.value).second) {
      found_early_order_.push_back(envelope.id.value);
      if (found_early_order_.size() > found_early_limit) {
        found_early_.erase(found_early_order_.front());
        found_early_order_.pop_front();
      }
    }
    StoredMessage stored{envelope, spool_.open_content(envelope)};
    take_up(std::move(stored), {}, true);
  }
  if (due.size() == want) return wake_at(now());
  const SystemTime latest =
      now() + std::max<std::chrono::seconds>(config_->queue.queue_run_delay, std::chrono::seconds{1});
  const std::vector<Envelope> next = spool_.due(latest, 1, skip);
  wake_at(next.empty() ? latest : next.front().next_try);
}

void QueueLoop::reload(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  metrics_->add_routes(*config_);
  lanes_->configure(config_);
  if (started_) wake_at(now());
}

std::size_t QueueLoop::retry(const std::vector<MessageId>& ids) {
  const SystemTime at_once = now();
  std::size_t hit = 0;
  const auto bring_forward = [&](const Envelope& envelope) {
    if (envelope.state != MessageState::queued || active_.contains(envelope.id.value)) return;
    ++hit;
    if (envelope.next_try <= at_once) return;
    recorder_->record({envelope.id, QueueOrder{QueueVerb::retry, at_once}}, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->wake_at(now());
    });
  };
  if (ids.empty()) {
    spool_.for_each([&](const Envelope& envelope) {
      bring_forward(envelope);
      return true;
    });
  } else {
    for (const MessageId id : ids)
      if (auto envelope = spool_.find(id)) bring_forward(*envelope);
  }
  lanes_->revive();
  wake_at(at_once);
  return hit;
}

void QueueLoop::obey(QueueVerb verb, const std::vector<MessageId>& ids) {
  for (const MessageId id : ids) {
    const auto found = active_.find(id.value);
    if (found == active_.end()) continue;
    ActiveMessage& message = *found->second;
    message.ordered = true;
    message.held = verb == QueueVerb::hold;
    message.deleted = message.deleted || verb == QueueVerb::remove;
  }
  if (verb == QueueVerb::hold || verb == QueueVerb::remove) return;
  lanes_->revive();
  wake_at(now());
}

void QueueLoop::refresh_gauges() {
  const Spool::Totals totals = spool_.totals();
  const auto active = static_cast<double>(active_.size());
  metrics_->active_messages.set(active);
  metrics_->deferred_messages.set(std::max(0.0, static_cast<double>(totals.queued) - active));
  metrics_->hold_messages.set(static_cast<double>(totals.hold));
  metrics_->corrupt_messages.set(static_cast<double>(totals.corrupt));
  metrics_->maildir_waiting.set(static_cast<double>(mailboxes_busy_));
  const auto seconds = [](SystemTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); };
  double oldest_active = 0, active_bytes = 0;
  for (const auto& [id, message] : active_) {
    const Envelope& envelope = message->stored.envelope;
    active_bytes += static_cast<double>(envelope.size);
    const double arrival = seconds(envelope.arrival);
    if (oldest_active == 0 || arrival < oldest_active) oldest_active = arrival;
  }
  // The spool is read in order of arrival, and no further than a gauge is worth.
  double oldest_deferred = 0, oldest_hold = 0, hold_bytes = 0;
  std::uint64_t looked_at = 0, on_hold = 0;
  spool_.for_each([&](const Envelope& envelope) {
    if (envelope.state == MessageState::hold) {
      ++on_hold;
      hold_bytes += static_cast<double>(envelope.size);
      if (oldest_hold == 0) oldest_hold = seconds(envelope.arrival);
    } else if (oldest_deferred == 0 && envelope.state == MessageState::queued && !active_.contains(envelope.id.value)) {
      oldest_deferred = seconds(envelope.arrival);
    }
    const bool knows_all = oldest_deferred != 0 && on_hold >= totals.hold;
    return !knows_all && ++looked_at < 1000;
  });
  metrics_->active_bytes.set(active_bytes);
  metrics_->hold_bytes.set(hold_bytes);
  metrics_->deferred_bytes.set(std::max(0.0, static_cast<double>(totals.bytes) - active_bytes - hold_bytes));
  metrics_->oldest_active.set(oldest_active);
  metrics_->oldest_deferred.set(oldest_deferred);
  metrics_->oldest_hold.set(oldest_hold);
}

void QueueLoop::arm_gauges() {
  refresh_gauges();
  gauge_timer_.expires_after(gauge_period);
  gauge_timer_.async_wait([weak = weak_from_this()](std::error_code cancelled) {
    auto self = weak.lock();
    if (self && !cancelled) self->arm_gauges();
  });
}

void QueueLoop::stop(std::chrono::seconds grace, std::function<void()> done) {
  stopping_ = true;
  run_timer_.cancel();
  gauge_timer_.cancel();
  lanes_->drain();
  wait_for_quiet(std::chrono::steady_clock::now() + grace, std::move(done));
}

void QueueLoop::wait_for_quiet(std::chrono::steady_clock::time_point limit, std::function<void()> done) {
  const bool quiet = lanes_->busy() == 0 && mailboxes_busy_ == 0 && recorder_->is_idle();
  if (quiet || std::chrono::steady_clock::now() >= limit) return done();
  quiet_timer_.expires_after(milliseconds{20});
  quiet_timer_.async_wait([weak = weak_from_this(), limit, done = std::move(done)](std::error_code cancelled) {
    auto self = weak.lock();
    if (self && !cancelled) self->wait_for_quiet(limit, done);
  });
}

void QueueLoop::shut_down() {
  stopping_ = true;
  run_timer_.cancel();
  gauge_timer_.cancel();
  quiet_timer_.cancel();
  lanes_->shut_down();
  recorder_->shut_down();
  service_->shut_down();
  maildir_.reset();
}

}  // namespace gateway
