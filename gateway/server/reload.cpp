#include <asio/post.hpp>
#include <ctime>

#include "gateway/assembly/certificate_metrics.hpp"
#include "gateway/config/findings.hpp"
#include "gateway/config/show_config.hpp"
#include "gateway/server/daemon.hpp"
#include "gateway/service_notify.hpp"

namespace gateway {

namespace {

std::int64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

/// Everything or nothing: an error leaves the old configuration in use.
ControlAnswer Daemon::reload() {
  notify_service_manager(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
  std::vector<config::Finding> findings;
  auto next = load_generation(config_path_, findings);
  std::string text = config::to_text(findings);
  bool good = next != nullptr;
  if (good) {
    for (const auto& key : config::restart_only_changes(config(), *next->config))
      text += "notice: " + key + " takes effect after a restart\n";
    observe_directories(*next->config);
    auto snapshot = make_snapshot(next);
    auto web_tls = load_web_tls(*next->config);
    if (!snapshot || !web_tls) {
      text += (snapshot ? web_tls.error() : snapshot.error()) + "\n";
      good = false;
    } else {
      if (http_) http_->use(std::move(*web_tls));
      *next->replicas = replicas_->use(*next->config);
      if (auto used = smtp_->reload(std::move(*snapshot)); !used) text += "warning: " + used.error() + "\n";
    }
  }
  if (good) {
    generation_ = next;
    export_certificates(*next->config, *metrics_);
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
    log_->write(Program::master, finding.severity == config::Severity::error ? Level::error : Level::warning, "config",
                {}, to_string(finding));
  log_->write(Program::master, good ? Level::info : Level::error, "reload", {},
              good ? "reload: the configuration is in use" : "reload refused: the old configuration stays in use");
  notify_service_manager("READY=1");
  return {good ? 0 : 1, text + (good ? "reloaded\n" : "reload refused; the old configuration stays in use\n")};
}

void Daemon::count_reload(bool good) {
  last_reload_ok_ = good;
  metrics_->gauge("config_last_reload_successful").set(good ? 1 : 0);
  if (good)
    metrics_->gauge("config_last_reload_success_timestamp_seconds").set(static_cast<double>(std::time(nullptr)));
}

}  // namespace gateway
