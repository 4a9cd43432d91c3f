#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"
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

  /// A mailbox was made, or could not be opened, for this recipient; counted by the directory that names it.
  void count_mailbox(const config::Config& config, std::string_view address, bool made);

  /// An unknown route counts as "default".
  RouteSeries& of(std::string_view route);

  Counter expired, bounces_failure, bounces_delay, bounces_success, bounces_double;
  Gauge incoming_messages, active_messages, deferred_messages, hold_messages, corrupt_messages;
  Gauge active_bytes, deferred_bytes, hold_bytes, oldest_active, oldest_deferred, oldest_hold;
  Gauge maildir_waiting;

 private:
  struct Mailboxes {
    Counter created, failed;
  };

  Metrics& metrics_;
  std::map<std::string, Mailboxes, std::less<>> mailboxes_;  // by directory
  std::map<std::string, RouteSeries, std::less<>> routes_;
};

}  // namespace gateway
