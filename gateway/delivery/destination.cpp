#include "gateway/delivery/destination.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

void Destination::set_limits(int concurrency, config::Rate rate) {
  limit_ = concurrency > 0 ? concurrency : 1000;
  window_ = std::clamp(window_, 1, limit_);
  spacing_ = rate.count > 0 ? std::chrono::nanoseconds(rate.per) / rate.count : std::chrono::nanoseconds{0};
}

void Destination::started(Time now) {
  ++busy_;
  if (has_rate()) next_start_ = std::max(next_start_, now) + spacing_;
}

void Destination::reached() {
  missed_cohorts_ = 0;
  // Only a destination that uses its window may have a larger one.
  if (window_ < limit_ && busy_ >= window_) ++window_;
}

bool Destination::missed(Time now, std::chrono::seconds back_off, std::string error) {
  last_error_ = std::move(error);
  missed_cohorts_ += 1.0 / window_;
  window_ = std::max(1, window_ - 1);
  if (missed_cohorts_ < 0.999) return false;
  missed_cohorts_ = 0;
  window_ = std::min(5, limit_);
  dead_until_ = now + back_off;
  return true;
}

void Destination::revive() {
  dead_until_ = {};
  missed_cohorts_ = 0;
}

}  // namespace gateway
