#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "gateway/smtp/session.hpp"

namespace gateway {

/// What all desks share, safe from any thread.
struct SessionTotals {
  std::atomic<std::uint64_t> open{0}, connections{0}, messages{0};
};

/// The sessions of one shard: opens them with what the current configuration says, and sends them home.
/// All calls on the shard's loop; keeps itself alive while sessions run.
class SessionDesk : public std::enable_shared_from_this<SessionDesk> {
 public:
  SessionDesk(Shard& shard, const SmtpServer::Parts& parts, ClientCounters& counters, LoginFailures& login_failures,
              SessionTotals& totals)
      : shard_(shard), parts_(parts), counters_(counters), login_failures_(login_failures), totals_(totals) {}

  /// `metrics` is parallel to the configured listeners, `filters` to the filters; what they point to outlives the desk.
  void use(std::shared_ptr<const SmtpSnapshot> snapshot, const std::vector<const SmtpdMetrics*>& metrics,
           const std::vector<const FilterMetrics*>& filters);
  void open(const std::string& listener, StreamSocket socket);

  /// Sends idle clients away, lets the others finish, cuts off after `grace`; then calls `done` once.
  void drain(std::chrono::seconds grace, std::function<void()> done);

 private:
  asio::awaitable<void> serve(std::shared_ptr<const SessionParts> parts, StreamSocket socket);
  void leave(Session& session);
  void finish_drain();

  Shard& shard_;
  const SmtpServer::Parts& parts_;
  ClientCounters& counters_;
  LoginFailures& login_failures_;
  SessionTotals& totals_;
  std::map<std::string, std::shared_ptr<const SessionParts>> by_listener_;
  std::unordered_set<Session*> sessions_;
  std::unique_ptr<asio::steady_timer> cut_off_;
  std::function<void()> drained_;
};

}  // namespace gateway
