#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gateway/config/config.hpp"

namespace gateway {

/// How many deliveries to one destination may run at once, and whether it answers at all. Pure: the time is passed.
///
/// Concurrency starts at 5, grows by one with each delivery that reached the server, shrinks by one with each that did
/// not. When as many deliveries in a row fail to reach it as may run at once, the destination is dead: nothing is tried
/// until the back-off has passed. With a rate, starts are spaced evenly.
class Destination {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void set_limits(int concurrency, config::Rate rate);

  bool is_dead(Time now) const { return now < dead_until_; }
  bool may_start(Time now) const { return busy_ < window_ && !is_dead(now) && now >= next_start_; }

  /// When the rate allows the next start; in the past without a rate.
  Time next_start() const { return next_start_; }
  bool has_rate() const { return spacing_.count() > 0; }

  void started(Time now);
  void ended() { --busy_; }

  /// The server was reached, whatever it said of the message.
  void reached();

  /// It was not: no connection, no greeting, no handshake. True when this makes the destination dead.
  bool missed(Time now, std::chrono::seconds back_off, std::string error);

  /// Lets the next delivery try again (an operator's wish).
  void revive();

  int busy() const { return busy_; }
  int window() const { return window_; }
  Time dead_until() const { return dead_until_; }
  const std::string& last_error() const { return last_error_; }

 private:
  int busy_ = 0;
  int window_ = 5;
  int limit_ = 20;
  double missed_cohorts_ = 0;
  std::chrono::nanoseconds spacing_{0};
  Time next_start_{};
  Time dead_until_{};
  std::string last_error_;
};

}  // namespace gateway
