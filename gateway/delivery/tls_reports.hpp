#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gateway/delivery/tls_report.hpp"
#include "gateway/log.hpp"
#include "gateway/net/asio.hpp"

namespace lookup {
class Resolver;
}

namespace gateway {

/// Gathers by domain and UTC day how TLS went, keeps it in a file, and after the day sends a report to each domain that
/// asks for one in _smtp._tls.DOMAIN (RFC 8460). Belongs to the delivery loop; what it refers to must outlive it.
class TlsReports : public std::enable_shared_from_this<TlsReports> {
 public:
  /// Puts a finished message into the queue.
  using Submit = std::function<void(Report)>;

  TlsReports(asio::io_context& loop, lookup::Resolver& dns, Log& log, Submit submit);

  /// Without a contact nothing is gathered. The first call reads the file; reports that are due are sent soon.
  void use(std::shared_ptr<const config::Config> config);

  void note(const TlsResult& result);

  /// Writes what is gathered to the file, when something is new. Blocks on the disk for a moment.
  void save();

  /// Ends the timer.
  void stop();

 private:
  using Day = std::int64_t;

  bool is_on() const { return config_ && !config_->tls.report_contact.empty(); }
  std::string file() const { return config_->state_directory + "/tls-reports.json"; }
  void load();
  void watch();
  void send_due();
  asio::awaitable<void> send(std::shared_ptr<TlsReports> self, Day day, std::map<std::string, TlsTallies> domains);

  lookup::Resolver& dns_;
  Log& log_;
  Submit submit_;
  asio::io_context& loop_;
  asio::steady_timer timer_;
  std::shared_ptr<const config::Config> config_;
  Day day_ = 0;
  std::map<std::string, TlsTallies> domains_;
  bool loaded_ = false, changed_ = false, stopped_ = false;
};

}  // namespace gateway
