#include "gateway/server.hpp"

#include <unistd.h>

#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "gateway/admin/control_socket.hpp"
#include "gateway/admin/directory_verbs.hpp"
#include "gateway/admin/http_listener.hpp"
#include "gateway/admin/queue_verbs.hpp"
#include "gateway/admin/status_page.hpp"
#include "gateway/assembly/directory_metrics.hpp"
#include "gateway/assembly/dnsbl_health.hpp"
#include "gateway/assembly/loop_delivery_resolver.hpp"
#include "gateway/assembly/loop_services.hpp"
#include "gateway/assembly/loop_set.hpp"
#include "gateway/assembly/spool_metrics.hpp"
#include "gateway/assembly/spool_settings.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/filter/greylist.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/net/tls_settings.hpp"
#include "gateway/privileges.hpp"
#include "gateway/service_notify.hpp"
#include "gateway/smtp/smtp_server.hpp"
#include "gateway/submission/maildrop.hpp"
#include "gateway/submission/maildrop_pickup.hpp"

namespace gateway {

namespace {

constexpr auto grace = std::chrono::seconds(30);
constexpr auto housekeeping_interval = std::chrono::seconds(2);

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

std::string text_of(const std::vector<config::Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) text += to_string(finding) + "\n";
  return text;
}

/// The daemon. Its members are destroyed in reverse order: sessions and deliveries before what they use.
class Server {
 public:
  explicit Server(std::string config_path) : config_path_(std::move(config_path)) {}
  ~Server() {
    if (loops_) loops_->stop();
  }

  int run() {
    if (!load() || !open_log_target() || !prepare_loops() || !open_queue() || !open_ports() || !leave_root()) return 1;
    start();
    admin_.run();
    log_->flush();
    return 0;
  }

 private:
  static bool complain(const std::string& text) {
    std::fprintf(stderr, "gatepost: fatal: %s\n", text.c_str());
    return false;
  }

  const config::Config& config() const { return *generation_->config; }

  bool load() {
    std::vector<config::Finding> findings;
    generation_ = load_generation(config_path_, findings);
    std::fputs(text_of(findings).c_str(), stderr);
    return generation_ != nullptr;
  }

  bool open_log_target() {
    auto user = find_service_user(config().run_as);
    if (!user) return complain(user.error());
    user_ = *user;
    {
      const ActingAs acting(user_);
      auto log = open_log(config().logging);
      if (!log) return complain(log.error());
      log_ = std::move(*log);
    }
    if (!user_.notice.empty()) log_->warning(Program::master, user_.notice);
    metrics_ = std::make_unique<Metrics>();
    metrics_->gauge("build_info", {{"version", GATEPOST_VERSION}, {"revision", ""}, {"tls_library", "OpenSSL 3.0"}})
        .set(1);
    count_reload(true);
    return true;
  }

  bool prepare_loops() {
    auto loops = LoopSet::open(config().dns);
    if (!loops) return complain(loops.error());
    loops_ = std::move(*loops);
    return true;
  }

  LoopParts parts_of(unsigned index) {
    return {loops_->shard(index).loop(), loops_->resolver(index), *log_, *metrics_, observers_,
            dnsbl_health_.get(),         greylist_.get()};
  }

  bool open_queue() {
    observe_directories(config());
    dnsbl_health_ = std::make_unique<DnsblHealth>(
        DnsblHealth::Parts{loops_->delivery().loop(), loops_->resolver(loops_->delivery().index()), *log_, *metrics_});
    dnsbl_health_->watch(generation_->rules);
    for (const auto& folder : {config().queue.directory, maildrop_folder(config().queue.directory),
                               config().state_directory, folder_of(config().control.socket)})
      if (auto made = make_folder(folder, user_); !made) return complain(made.error());
    const ActingAs acting(user_);
    greylist_ = std::make_unique<Greylist>(config().state_directory, config().greylist, *log_, *metrics_);
    open_maildrop(maildrop_folder(config().queue.directory));
    replicas_ = std::make_unique<Replicas>(*metrics_, *log_);
    *generation_->replicas = replicas_->use(config());
    auto spool = open_spool(spool_options(config().queue, *log_, *metrics_));
    if (!spool) return complain(spool.error());
    spool_ = std::move(*spool);
    export_spool_metrics(*metrics_, *spool_, config().queue.directory);
    resolver_ = std::make_unique<LoopDeliveryResolver>(generation_, parts_of(loops_->delivery().index()));
    queue_ = make_queue({loops_->delivery().loop(), *spool_, *resolver_, *loops_->resolver(loops_->delivery().index()),
                         *log_, *metrics_, generation_->config});
    return true;
  }

  bool open_ports() {
    SmtpServer::Parts parts{loops_->serving(), *spool_, *queue_, *log_, *metrics_};
    auto snapshot = make_snapshot(generation_);
    if (!snapshot) return complain(snapshot.error());
    smtp_ = std::make_unique<SmtpServer>(std::move(parts), std::move(*snapshot));
    if (auto opened = smtp_->open(); !opened) return complain(opened.error());
    if (!config().metrics.listen.empty()) {
      auto http = HttpListener::open(admin_, config().metrics.listen,
                                     [this](std::string_view path) { return answer_http(path); });
      if (!http) return complain("metrics: " + http.error());
      http_ = std::move(*http);
    }
    const ActingAs acting(user_);
    auto control = ControlSocket::open(admin_, config().control.socket,
                                       [this](ControlRequest request, std::function<void(ControlAnswer)> done) {
                                         serve_control(std::move(request), std::move(done));
                                       });
    if (!control) return complain(control.error());
    control_ = std::move(*control);
    return true;
  }

  bool leave_root() {
    if (auto left = become(user_); !left) return complain(left.error());
    return true;
  }

  void start() {
    started_ = std::time(nullptr);
    watch_signals();
    keep_house();
    replicas_->start();
    loops_->start();
    asio::post(loops_->delivery().loop(), [this] { queue_->start(); });
    smtp_->start();
    pickup_ = std::make_unique<MaildropPickup>(generation_->config, *log_);
    ready_ = true;
    for (const auto& address : smtp_->addresses())
      log_->info(Program::master, "listening",
                 fmt::format("listening on {}:{} ({})", address.address, address.port, address.listener));
    if (http_) log_->info(Program::master, "listening", "metrics and status on http://" + http_->address() + "/");
    log_->info(Program::master, "ready",
               fmt::format("ready: gatepost {}, configuration {}", GATEPOST_VERSION, config_path_));
    notify_service_manager("READY=1\nSTATUS=accepting mail");
  }

  tl::expected<std::shared_ptr<const SmtpSnapshot>, std::string> make_snapshot(
      const std::shared_ptr<const Generation>& generation) {
    auto snapshot = std::make_shared<SmtpSnapshot>();
    auto tls = TlsSettings::load(generation->config->tls);
    if (!tls) return tl::unexpected(tls.error());
    snapshot->config = generation->config;
    snapshot->tls = std::move(*tls);
    for (const auto& rules : generation->rules) snapshot->restrictions.push_back(make_restrictions(rules));
    snapshot->make_services = [this, generation](Shard& shard) {
      return make_loop_services(generation, parts_of(shard.index()));
    };
    return snapshot;
  }

  // The observers of directories are made before loops use them; a reload only adds.
  void observe_directories(const config::Config& config) {
    for (const auto& directory : config.directories)
      if (!observers_.contains(directory.name))
        observers_.emplace(directory.name, make_directory_metrics(directory, *metrics_, *log_));
  }

  /// Everything or nothing: an error leaves the old configuration in use.
  ControlAnswer reload() {
    notify_service_manager(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
    std::vector<config::Finding> findings;
    auto next = load_generation(config_path_, findings);
    std::string text = text_of(findings);
    bool good = next != nullptr;
    if (good) {
      observe_directories(*next->config);
      auto snapshot = make_snapshot(next);
      if (!snapshot) {
        text += snapshot.error() + "\n";
        good = false;
      } else {
        *next->replicas = replicas_->use(*next->config);
        if (auto used = smtp_->reload(std::move(*snapshot)); !used) text += "warning: " + used.error() + "\n";
      }
    }
    if (good) {
      generation_ = next;
      dnsbl_health_->watch(next->rules);
      greylist_->use(next->config->greylist);
      pickup_->reload(next->config);
      asio::post(loops_->delivery().loop(), [this, next] {
        resolver_->use(next);
        queue_->reload(next->config);
      });
    }
    count_reload(good);
    for (const auto& finding : findings)
      log_->write(Program::master, finding.severity == config::Severity::error ? Level::error : Level::warning,
                  "config", {}, to_string(finding));
    log_->write(Program::master, good ? Level::info : Level::error, "reload", {},
                good ? "reload: the configuration is in use" : "reload refused: the old configuration stays in use");
    notify_service_manager("READY=1");
    return {good ? 0 : 1, text + (good ? "reloaded\n" : "reload refused; the old configuration stays in use\n")};
  }

  void count_reload(bool good) {
    last_reload_ok_ = good;
    metrics_->gauge("config_last_reload_successful").set(good ? 1 : 0);
    if (good)
      metrics_->gauge("config_last_reload_success_timestamp_seconds").set(static_cast<double>(std::time(nullptr)));
  }

  static std::int64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  }

  void watch_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.add(SIGHUP);
    signals_.add(SIGUSR1);
    wait_for_signal();
  }

  void wait_for_signal() {
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

  void keep_house() {
    housekeeping_.expires_after(housekeeping_interval);
    housekeeping_.async_wait([this](std::error_code error) {
      if (error) return;
      for (const auto& line : generation_->tables->refresh()) log_->info(Program::master, "tables", line);
      if (pickup_ && ready_) pickup_->wake();
      notify_service_manager("WATCHDOG=1");
      keep_house();
    });
  }

  // Phase one: nothing new; what is in flight ends. A second signal does not wait.
  void stop() {
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
  void finish() {
    pickup_.reset();
    loops_->stop();
    replicas_->stop();
    spool_->close();
    log_->info(Program::master, "stopped", "stopped");
    control_.reset();
    http_.reset();
    admin_.stop();
  }

  Status status() {
    Status status;
    status.hostname = config().hostname;
    status.version = GATEPOST_VERSION;
    const auto up = std::time(nullptr) - started_;
    status.uptime = fmt::format("{}d {:02}:{:02}:{:02}", up / 86400, up / 3600 % 24, up / 60 % 60, up % 60);
    status.ready = ready_;
    const auto counts = smtp_->counts();
    status.sessions = counts.sessions;
    status.connections_total = counts.connections_total;
    status.messages_total = counts.messages_total;
    status.queue = spool_->totals();
    for (const auto& address : smtp_->addresses())
      status.listeners.push_back(fmt::format("{} {}:{}", address.listener, address.address, address.port));
    status.last_reload_ok = last_reload_ok_;
    return status;
  }

  HttpAnswer answer_http(std::string_view path) {
    if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_->expose()};
    if (path == "/healthz") return {200, "text/plain", "ok\n"};
    if (path == "/readyz") return {ready_ ? 200 : 503, "text/plain", ready_ ? "ready\n" : "not ready\n"};
    if (path == "/") return {200, "text/html; charset=utf-8", render_status_page(status())};
    return {404, "text/plain", "not found\n"};
  }

  void serve_control(ControlRequest request, std::function<void(ControlAnswer)> done) {
    const std::string& verb = request.words.front();
    if (verb == "status") {
      done({0, render_status_text(status())});
    } else if (verb == "reload") {
      done(reload());
    } else if (verb == "stop") {
      done({0, "stopping\n"});
      stop();
    } else if (verb == "directory") {
      run_directory_verb(*generation_->replicas, request, [this, done = std::move(done)](ControlAnswer answer) {
        asio::post(admin_, [done, answer = std::move(answer)] { done(answer); });
      });
    } else if (verb == "queue") {
      // On the delivery loop, where the queue lives; the answer comes back to this one.
      asio::post(loops_->delivery().loop(), [this, request = std::move(request), done = std::move(done)] {
        run_queue_verb(
            *queue_, *spool_, request,
            [this](std::function<void()> work) { asio::post(loops_->delivery().loop(), std::move(work)); },
            [this, done](ControlAnswer answer) {
              asio::post(admin_, [done, answer = std::move(answer)] { done(answer); });
            });
      });
    } else {
      done({64, "unknown request \"" + verb + "\"\n"});
    }
  }

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

}  // namespace

int run_server(const std::string& config_path) {
  return Server(config_path).run();
}

}  // namespace gateway
