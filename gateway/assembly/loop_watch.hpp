#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "gateway/assembly/loop_set.hpp"
#include "gateway/metrics.hpp"

namespace gateway {

/// A pulse on every event loop, once a second: how late it comes is the loop's lag, and a loop without one is stuck.
class LoopWatch {
 public:
  /// Pulses start with the loops; they end with them.
  LoopWatch(LoopSet& loops, Metrics& metrics);
  ~LoopWatch();

  /// Did every loop beat within this time? From any thread.
  bool all_beat_within(std::chrono::seconds time) const;

 private:
  struct Pulse;
  std::vector<std::shared_ptr<Pulse>> pulses_;
};

}  // namespace gateway
