#include "gateway/admin/history.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

double History::advance(double& last, double now) const {
  return std::max(0.0, now - std::exchange(last, now));
}

void History::sample(const Metrics& metrics, std::time_t now) {
  Step step;
  step.end = now;
  step.accepted = advance(accepted_, metrics.total("smtpd_messages_accepted_total"));
  step.refused = advance(refused_, metrics.total("smtpd_rejects_total"));
  step.delivered = advance(delivered_, metrics.total("delivery_recipients_total", {{"result", "sent"}}));
  step.bounced = advance(bounced_, metrics.total("delivery_recipients_total", {{"result", "bounced"}}));
  step.deferred = metrics.total("queue_messages", {{"queue", "deferred"}});
  step.sessions = metrics.total("smtpd_connections");
  steps_.push_back(step);
  if (steps_.size() > most) steps_.pop_front();
}

}  // namespace gateway
