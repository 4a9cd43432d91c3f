#include "gateway/server/daemon.hpp"

#include <asio/post.hpp>
#include <csignal>

#include "gateway/service_notify.hpp"

namespace gateway {

namespace {

constexpr auto grace = std::chrono::seconds(30);
constexpr auto housekeeping_interval = std::chrono::seconds(2);
constexpr auto stuck_after = std::chrono::seconds(10);

}  // namespace

Daemon::~Daemon() {
  if (loops_) loops_->stop();
}

int Daemon::run() {
  if (!load() || !start_service() || !open_log_target() || !prepare_loops() || !open_queue() || !open_ports() ||
      !leave_root())
    return 1;
  start();
  admin_.run();
  log_->flush();
  return 0;
}

void Daemon::start() {
  started_ = std::time(nullptr);
  watch_signals();
  keep_house();
  keep_history();
  replicas_->start();
  loops_->start();
  asio::post(loops_->delivery().loop(), [this] { queue_->start(); });
  smtp_->start();
  pickup_ = std::make_unique<MaildropPickup>(generation_->config, *log_);
  ready_ = true;
  for (const auto& address : smtp_->addresses())
    log_->info(Program::master, "listening",
               fmt::format("listening on {}:{} ({})", address.address, address.port, address.listener));
  if (http_)
    log_->info(Program::master, "listening",
               (config().metrics.cert.empty() ? "metrics and status on http://" : "metrics and status on https://") +
                   http_->address() + "/");
  log_->info(Program::master, "ready",
             fmt::format("ready: gatepost {}, configuration {}", GATEPOST_VERSION, config_path_));
  notify_service_manager("READY=1\nSTATUS=accepting mail");
}

void Daemon::watch_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  signals_.add(SIGUSR1);
  wait_for_signal();
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](std::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      log_->reopen();
      (void)reload();
    } else if (signal == SIGUSR1) {
      log_->reopen();
    } else {
      stop();
    }
    wait_for_signal();
  });
}

void Daemon::keep_house() {
  housekeeping_.expires_after(housekeeping_interval);
  housekeeping_.async_wait([this](std::error_code error) {
    if (error) return;
    for (const auto& line : generation_->tables->refresh()) log_->info(Program::master, "tables", line);
    if (pickup_ && ready_) pickup_->wake();
    // A loop that is stuck long before the service manager's time is over gets no alibi from this one.
    if (watch_->all_beat_within(stuck_after)) notify_service_manager("WATCHDOG=1");
    keep_house();
  });
}

// Phase one: nothing new; what is in flight ends. A second signal does not wait.
void Daemon::stop() {
  if (std::exchange(stopping_, true)) {
    finish();
    return;
  }
  ready_ = false;
  log_->info(Program::master, "stopping", "stopping: what is in flight is finished first");
  notify_service_manager("STOPPING=1");
  smtp_->drain(grace, [this] {
    asio::post(loops_->delivery().loop(),
               [this] { queue_->stop(grace, [this] { asio::post(admin_, [this] { finish(); }); }); });
  });
}

// Phase two: the loops end, then the spool commits what it holds.
void Daemon::finish() {
  pickup_.reset();
  loops_->stop();
  replicas_->stop();
  spool_->close();
  log_->info(Program::master, "stopped", "stopped");
  control_.reset();
  http_.reset();
  admin_.stop();
}

}  // namespace gateway
