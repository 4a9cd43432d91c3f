#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"
#include "gateway/delivery/bounce.hpp"
#include "gateway/delivery/client_tls.hpp"
#include "gateway/metrics.hpp"

namespace gateway {

/// The series of one route, asked for once.
class RouteSeries {
 public:
  RouteSeries(Metrics& metrics, std::string_view route);

  void count_attempt(Outcome::Result result) { attempts_[place(result)].add(); }
  void count_recipient(const Outcome& outcome);
  void observe(const Delays& delays);
  void count_connection(bool opened) { connections_.add(opened ? 1 : -1); }
  void count_session(bool encrypted, ClientTls::Trust trust);

 private:
  static std::size_t place(Outcome::Result result);

  std::array<Counter, 3> attempts_, recipients_;
  std::array<Counter, 16> failures_;
  std::array<Histogram, 4> delays_;
  Gauge connections_;
  std::array<Counter, 4> sessions_;
};

/// The series of delivery for all configured routes, "default", "maildir" and "local"; they exist from the start.
class DeliveryMetrics {
 public:
  DeliveryMetrics(Metrics& metrics, const config::Config& config);

  void add_routes(const config::Config& config);

  /// An unknown route counts as "default".
  RouteSeries& of(std::string_view route);

  /// The counter of one kind of report; null for copies, which are no reports of their own.
  const Counter* reports(ReportKind kind) const;

  Counter expired, bounces_failure, bounces_delay, bounces_success, bounces_double;
  Gauge incoming_messages, active_messages, deferred_messages, hold_messages, corrupt_messages;
  Gauge deferred_bytes, oldest_deferred;

 private:
  Metrics& metrics_;
  std::map<std::string, RouteSeries, std::less<>> routes_;
};

}  // namespace gateway
