#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/delivery/delivery_metrics.hpp"
#include "gateway/delivery/destination.hpp"
#include "gateway/delivery/smtp_client.hpp"
#include "gateway/delivery/tls_reports.hpp"
#include "gateway/log.hpp"
#include "gateway/net/shard.hpp"

namespace gateway {

/// The lanes of mail to other servers, one for each destination (route and next hop): who waits, how many deliveries
/// run, which connections are kept. Destinations are served in turn, so that none slows another.
///
/// Belongs to the delivery loop. Deliveries in flight keep this object alive; after shut_down() it reports nothing.
class Lanes : public std::enable_shared_from_this<Lanes> {
 public:
  /// How a consignment ended.
  struct Ending {
    Consignment consignment;
    SmtpClient::Report report;
    RouteSeries* series = nullptr;
    Program program = Program::smtp;
    std::chrono::steady_clock::time_point started{};
  };
  using OnEnding = std::function<void(Ending)>;

  Lanes(asio::io_context& loop, lookup::Resolver& dns, DeliveryResolver& tables, Log& log,
        std::shared_ptr<DeliveryMetrics> metrics, std::shared_ptr<const config::Config> config, OnEnding on_ending);
  ~Lanes();

  /// Queues recipients of one message that share `delivery`'s route and next hop and, for MX look-ups, `domain`. A dead
  /// destination answers before this returns.
  void enqueue(const Delivery& delivery, const std::string& domain, Consignment consignment);

  /// Recipients with the same key share a lane.
  std::string key_of(const Delivery& delivery, const std::string& domain) const;

  void configure(std::shared_ptr<const config::Config> config);
  /// How TLS goes with MX hosts is told to `reports` from now on.
  void report_tls_to(std::shared_ptr<TlsReports> reports) { reports_ = std::move(reports); }
  void revive();

  /// Starts nothing new; what waits is dropped from memory.
  void drain();
  void shut_down();
  std::size_t busy() const { return busy_; }
  std::string describe() const;

 private:
  struct Lane;
  struct Courier;

  const config::Route* find_route(const std::string& name) const;
  std::vector<std::string> hosts_of(const Delivery& delivery) const;
  Lane& lane_for(const Delivery& delivery, const std::string& domain);
  void equip(Lane& lane);
  void renew_security();
  void mark_ready(Lane& lane);
  void schedule_pump();
  void pump();
  void start(Lane& lane);
  bool take_next(Courier& courier);
  void skip_withdrawn(Lane& lane);
  void finish(Courier& courier, SmtpClient::Report report);
  void defer_waiting(Lane& lane);
  void report_deferred(Lane& lane, Consignment consignment, const std::string& dsn, const std::string& text);
  void wait_for_rate(Lane& lane);
  void evict();
  asio::awaitable<void> drive(std::shared_ptr<Lanes> self, std::shared_ptr<Courier> courier);

  Shard shard_;
  lookup::Resolver& dns_;
  DeliveryResolver& tables_;
  Log& log_;
  std::shared_ptr<DeliveryMetrics> metrics_;
  std::shared_ptr<const config::Config> config_;
  OnEnding on_ending_;
  std::unordered_map<std::string, std::unique_ptr<Lane>> lanes_;
  WorkThreads threads_;
  StsPolicies sts_;
  std::shared_ptr<PeerSecurity> security_;
  std::shared_ptr<TlsReports> reports_;
  std::deque<Lane*> ready_;
  std::unordered_set<Courier*> under_way_;
  std::size_t couriers_ = 0;  // running or keeping a connection
  std::size_t busy_ = 0;
  std::size_t evict_above_ = 1000;
  bool pump_posted_ = false;
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace gateway
