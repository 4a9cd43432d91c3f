#pragma once

#include <cstdint>
#include <ctime>
#include <deque>

#include "gateway/metrics.hpp"

namespace gateway {

/// The last hour in steps of 15 seconds: what happened in each step, and how the queue was at its end. Belongs to one
/// thread.
class History {
 public:
  static constexpr int step_seconds = 15;
  static constexpr std::size_t most = 3600 / step_seconds;

  struct Step {
    std::time_t end = 0;
    double accepted = 0, delivered = 0, refused = 0, bounced = 0;  // in this step
    double deferred = 0, sessions = 0;                             // at its end
  };

  /// Called every `step_seconds`.
  void sample(const Metrics& metrics, std::time_t now);

  const std::deque<Step>& steps() const { return steps_; }

 private:
  double advance(double& last, double now) const;

  std::deque<Step> steps_;
  double accepted_ = 0, delivered_ = 0, refused_ = 0, bounced_ = 0;  // totals at the end of the last step
};

}  // namespace gateway
