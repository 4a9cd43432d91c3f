#include "gateway/smtp/session_desk.hpp"

#include <fmt/core.h>

#include "gateway/smtp/replies.hpp"

namespace gateway {

void SessionDesk::use(std::shared_ptr<const SmtpSnapshot> snapshot, const std::vector<const SmtpdMetrics*>& metrics,
                      const std::vector<const FilterMetrics*>& filters) {
  auto services = snapshot->make_services(shard_);
  by_listener_.clear();
  for (std::size_t i = 0; i < snapshot->config->listeners.size(); ++i) {
    const auto& name = snapshot->config->listeners[i].name;
    auto parts = std::make_shared<SessionParts>(SessionParts{shard_, parts_.spool, parts_.queue, parts_.log, counters_,
                                                             login_failures_, *metrics[i], totals_.messages, snapshot,
                                                             i, services, parts_.flush, filters});
    by_listener_.insert_or_assign(name, std::move(parts));
  }
}

void SessionDesk::open(const std::string& listener, StreamSocket socket) {
  const auto found = by_listener_.find(listener);
  if (found == by_listener_.end() || drained_) return;
  const auto parts = found->second;
  totals_.connections.fetch_add(1, std::memory_order_relaxed);
  const auto limit = parts->config().limits.connections;
  if (limit != 0 && totals_.open.load(std::memory_order_relaxed) >= limit) {
    parts->metrics.connections_rejected.add();
    Connection connection(shard_, std::move(socket));
    std::string last_word;
    append_reply(last_word, replies::server_busy(parts->config().hostname));
    connection.write_best_effort(last_word);
    return;
  }
  totals_.open.fetch_add(1, std::memory_order_relaxed);
  auto ended = [self = shared_from_this()](std::exception_ptr failure) {
    self->totals_.open.fetch_sub(1, std::memory_order_relaxed);
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      self->parts_.log.write(Program::smtpd, Level::error, "session", {},
                             fmt::format("error: session ended: {}", error.what()));
    }
  };
  asio::co_spawn(shard_.loop(), serve(parts, std::move(socket)), std::move(ended));
}

asio::awaitable<void> SessionDesk::serve(std::shared_ptr<const SessionParts> parts, StreamSocket socket) {
  Session session(std::move(parts), std::move(socket));
  sessions_.insert(&session);
  struct Leaving {
    SessionDesk& desk;
    Session& who;
    ~Leaving() { desk.leave(who); }
  };
  const Leaving leaving{*this, session};
  co_await session.run();
}

void SessionDesk::leave(Session& session) {
  sessions_.erase(&session);
  if (drained_ && sessions_.empty()) finish_drain();
}

void SessionDesk::drain(std::chrono::seconds grace, std::function<void()> done) {
  drained_ = std::move(done);
  if (sessions_.empty()) return finish_drain();
  for (Session* session : sessions_) session->stop();
  cut_off_ = std::make_unique<asio::steady_timer>(shard_.loop(), grace);
  cut_off_->async_wait([self = shared_from_this()](std::error_code stopped) {
    if (stopped || !self->cut_off_) return;
    for (Session* session : self->sessions_) session->abandon();
    // What still waits for somebody's answer now is not waited for.
    self->cut_off_->expires_after(std::chrono::seconds(1));
    self->cut_off_->async_wait([self](std::error_code again) {
      if (!again) self->finish_drain();
    });
  });
}

void SessionDesk::finish_drain() {
  if (cut_off_) cut_off_->cancel();
  cut_off_.reset();
  if (!drained_) return;
  auto done = std::exchange(drained_, [] {});  // stays set: nobody is let in any more
  if (done) asio::post(shard_.loop(), std::move(done));
}

}  // namespace gateway
