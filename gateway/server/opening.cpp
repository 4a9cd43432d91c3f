#include <cstdio>

#include "gateway/assembly/directory_metrics.hpp"
#include "gateway/assembly/spool_metrics.hpp"
#include "gateway/assembly/spool_settings.hpp"
#include "gateway/config/findings.hpp"
#include "gateway/net/tls_settings.hpp"
#include "gateway/server/daemon.hpp"
#include "gateway/submission/maildrop.hpp"

namespace gateway {

namespace {

bool complain(const std::string& text) {
  std::fprintf(stderr, "gatepost: fatal: %s\n", text.c_str());
  return false;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

}  // namespace

bool Daemon::load() {
  std::vector<config::Finding> findings;
  generation_ = load_generation(config_path_, findings);
  std::fputs(config::to_text(findings).c_str(), stderr);
  return generation_ != nullptr;
}

bool Daemon::open_log_target() {
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

bool Daemon::prepare_loops() {
  auto loops = LoopSet::open(config().dns);
  if (!loops) return complain(loops.error());
  loops_ = std::move(*loops);
  return true;
}

LoopParts Daemon::parts_of(unsigned index) {
  return {loops_->shard(index).loop(), loops_->resolver(index), *log_, *metrics_, observers_,
          dnsbl_health_.get(),         greylist_.get(),         &room_};
}

bool Daemon::open_queue() {
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

bool Daemon::open_ports() {
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

bool Daemon::leave_root() {
  if (auto left = become(user_); !left) return complain(left.error());
  return true;
}

tl::expected<std::shared_ptr<const SmtpSnapshot>, std::string> Daemon::make_snapshot(
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
void Daemon::observe_directories(const config::Config& config) {
  for (const auto& directory : config.directories)
    if (!observers_.contains(directory.name))
      observers_.emplace(directory.name, make_directory_metrics(directory, *metrics_, *log_));
}

}  // namespace gateway
