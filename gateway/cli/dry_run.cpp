#include "gateway/cli/dry_run.hpp"

#include <cstdio>

#include "gateway/assembly/loop_services.hpp"
#include "gateway/assembly/resolver_settings.hpp"
#include "gateway/delivery/mailbox_room.hpp"
#include "gateway/filter/greylist.hpp"
#include "gateway/net/asio.hpp"

namespace gateway::cli {

namespace {

/// A dry run has no log: what matters is printed.
class SilentLog final : public Log {
 public:
  void write(Program, Level, std::string_view, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
  void flush() override {}
  void reopen() override {}
};

}  // namespace

struct DryRun::Parts {
  std::shared_ptr<const Generation> generation;
  SilentLog log;
  Metrics metrics;
  asio::io_context loop{1};
  std::shared_ptr<lookup::Resolver> dns;
  std::unique_ptr<LoopMaps> maps;
  std::shared_ptr<const AddressRules> rules;
  std::unique_ptr<Greylist> greylist;
  MailboxRoom room;
  std::shared_ptr<Services> services;
};

std::unique_ptr<DryRun> DryRun::open(const std::string& config_path) {
  std::vector<config::Finding> findings;
  auto parts = std::make_unique<Parts>();
  parts->generation = load_generation(config_path, findings);
  if (!parts->generation) {
    for (const auto& finding : findings) std::fprintf(stderr, "%s\n", to_string(finding).c_str());
    return nullptr;
  }
  auto resolver = lookup::open_unbound_resolver(parts->loop, resolver_options(parts->generation->config->dns));
  if (!resolver) {
    std::fprintf(stderr, "gatepost: %s\n", resolver.error().c_str());
    return nullptr;
  }
  parts->dns = std::move(*resolver);
  parts->maps = std::make_unique<LoopMaps>(parts->generation, parts->loop, LoopMaps::Observers{});
  parts->rules = make_address_rules(parts->generation->config, [maps = parts->maps.get()](const config::MapRefs& refs) {
    return maps->open_all(refs);
  });
  const auto& config = *parts->generation->config;
  parts->greylist = std::make_unique<Greylist>(config.state_directory, config.greylist, parts->log, parts->metrics,
                                               Greylist::Access::look);
  parts->services = make_loop_services(
      parts->generation,
      {parts->loop, parts->dns, parts->log, parts->metrics, {}, nullptr, parts->greylist.get(), &parts->room});
  return std::unique_ptr<DryRun>(new DryRun(std::move(parts)));
}

DryRun::DryRun(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DryRun::~DryRun() = default;

const Generation& DryRun::generation() const {
  return *parts_->generation;
}
LoopMaps& DryRun::maps() {
  return *parts_->maps;
}
AddressMap DryRun::open_map(const std::string& reference) {
  const auto parsed = lookup::parse_map_reference(reference);
  if (parsed && !parsed->is_name() && lookup::is_memory_type(parsed->type)) {
    if (auto opened = lookup::open_table(*parsed)) return {reference, opened->table, nullptr};
  }
  return parts_->maps->open(reference);
}

const AddressRules& DryRun::rules() const {
  return *parts_->rules;
}
lookup::Resolver& DryRun::dns() {
  return *parts_->dns;
}
Services& DryRun::services() {
  return *parts_->services;
}

bool DryRun::run(const std::function<void(std::function<void()> finish)>& start, int seconds) {
  // Shared, because a callback may come after the time is over.
  const auto finished = std::make_shared<bool>(false);
  auto& loop = parts_->loop;
  start([finished, &loop] {
    *finished = true;
    loop.stop();
  });
  loop.restart();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const auto keep_running = asio::make_work_guard(loop);
  while (!*finished && std::chrono::steady_clock::now() < deadline) {
    loop.restart();
    loop.run_one_until(deadline);
  }
  return *finished;
}

}  // namespace gateway::cli
