#pragma once

#include <asio/signal_set.hpp>
#include <ctime>

#include "gateway/admin/control_socket.hpp"
#include "gateway/admin/http_listener.hpp"
#include "gateway/admin/status_page.hpp"
#include "gateway/assembly/dnsbl_health.hpp"
#include "gateway/assembly/loop_delivery_resolver.hpp"
#include "gateway/assembly/loop_services.hpp"
#include "gateway/assembly/loop_set.hpp"
#include "gateway/delivery/mailbox_room.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/filter/greylist.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/privileges.hpp"
#include "gateway/smtp/smtp_server.hpp"
#include "gateway/submission/maildrop_pickup.hpp"

namespace gateway {

/// The process that serves: it opens everything in order, gives root away, runs until a signal, and ends in two phases.
/// All members run on the admin loop, the main thread's. Members are destroyed in reverse order: sessions and
/// deliveries before what they use.
class Daemon {
 public:
  explicit Daemon(std::string config_path) : config_path_(std::move(config_path)) {}
  ~Daemon();

  int run();  // the exit code

 private:
  const config::Config& config() const { return *generation_->config; }

  // Opening, in this order; false when the reason was printed (opening.cpp).
  bool load();
  bool open_log_target();
  bool prepare_loops();
  bool open_queue();
  bool open_ports();
  bool leave_root();
  LoopParts parts_of(unsigned index);
  tl::expected<std::shared_ptr<const SmtpSnapshot>, std::string> make_snapshot(
      const std::shared_ptr<const Generation>& generation);
  void observe_directories(const config::Config& config);

  // Life (daemon.cpp).
  void start();
  void watch_signals();
  void wait_for_signal();
  void keep_house();
  void stop();
  void finish();

  // Reload (reload.cpp).
  ControlAnswer reload();
  void count_reload(bool good);

  // What is asked of it while it runs (answers.cpp).
  Status status();
  HttpAnswer answer_http(std::string_view path);
  void serve_control(ControlRequest request, std::function<void(ControlAnswer)> done);

  std::string config_path_;
  std::time_t started_ = 0;
  bool ready_ = false, stopping_ = false, last_reload_ok_ = true;
  ServiceUser user_;
  std::shared_ptr<const Generation> generation_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Metrics> metrics_;
  LoopMaps::Observers observers_;
  std::unique_ptr<Replicas> replicas_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<LoopSet> loops_;
  std::unique_ptr<DnsblHealth> dnsbl_health_;
  std::unique_ptr<Greylist> greylist_;
  MailboxRoom room_;
  std::unique_ptr<LoopDeliveryResolver> resolver_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<SmtpServer> smtp_;
  std::unique_ptr<MaildropPickup> pickup_;
  asio::io_context admin_{1};
  asio::signal_set signals_{admin_};
  asio::steady_timer housekeeping_{admin_};
  std::unique_ptr<HttpListener> http_;
  std::unique_ptr<ControlSocket> control_;
};

}  // namespace gateway
