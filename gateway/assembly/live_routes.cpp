#include "gateway/assembly/live_routes.hpp"

#include <set>

#include "gateway/assembly/loop_delivery_resolver.hpp"
#include "gateway/assembly/resolver_settings.hpp"
#include "gateway/delivery/https_fetch.hpp"
#include "gateway/delivery/peer_session.hpp"

namespace gateway {

namespace {

using config::Finding;
using config::Severity;

constexpr std::chrono::seconds whole_time{60};

/// What matters becomes a finding.
class SilentLog final : public Log {
 public:
  void write(Program, Level, std::string_view, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
  void flush() override {}
  void reopen() override {}
};

/// Everything that a session needs, on a loop of its own.
struct Desk {
  explicit Desk(std::shared_ptr<const Generation> of, std::shared_ptr<lookup::Resolver> resolver, asio::io_context& on)
      : loop(on),
        shard(on),
        generation(std::move(of)),
        dns(std::move(resolver)),
        tables(generation, LoopParts{loop, dns, log, metrics, {}}),
        sts(loop, *dns, log, threads, fetch_https),
        security(std::make_shared<PeerSecurity>(PeerSecurity::Parts{loop, *dns, tables, log, threads, sts})) {}

  asio::io_context& loop;
  Shard shard;
  SilentLog log;
  Metrics metrics;
  std::shared_ptr<const Generation> generation;
  std::shared_ptr<lookup::Resolver> dns;
  LoopDeliveryResolver tables;
  WorkThreads threads{1};
  StsPolicies sts;
  std::shared_ptr<PeerSecurity> security;
  std::set<PeerSession*> sessions;
  bool late = false;  // time is over: whoever is under way ends
};

struct Found {
  std::size_t good = 0;
  std::vector<std::string> failures;
  bool done = false;
};

asio::awaitable<void> meet(Desk& desk, std::shared_ptr<const config::Route> route, PeerAddress peer, Found& found) {
  auto wishes = std::make_shared<PeerSession::Wishes>();
  wishes->config = desk.generation->config;
  wishes->route = route;
  wishes->security = desk.security;
  wishes->log = &desk.log;
  auto decision = co_await desk.security->decide(route, peer, MessageTls::usual);
  std::optional<Outcome> refusal = decision.refusal;
  lookup::Address nobody;
  auto login = co_await desk.security->find_login(route, peer, nobody);
  if (!refusal) refusal = login.refusal;
  if (!refusal) {
    PeerSession session(desk.shard, wishes, peer);
    desk.sessions.insert(&session);
    refusal = co_await session.open(decision.tls, login.login);
    desk.sessions.erase(&session);
    session.quit();
  }
  if (refusal)
    found.failures.push_back(peer.to_string() + ": " + refusal->text);
  else
    ++found.good;
}

asio::awaitable<void> meet_all(Desk& desk, std::shared_ptr<const config::Route> route, Found& found) {
  for (std::size_t at = 0; at < route->relay.size() && !desk.late; ++at) {
    std::vector<std::string> one{route->relay[at]};
    const std::uint16_t port = route->protocol == config::Protocol::lmtp ? 24 : 25;
    auto hosts = co_await find_peer_hosts(desk.loop, *desk.dns, *desk.generation->config, std::move(one), "", port);
    if (hosts.addresses.empty()) found.failures.push_back(hosts.text);
    for (std::size_t each = 0; each < hosts.addresses.size() && !desk.late; ++each)
      co_await meet(desk, route, hosts.addresses[each], found);
  }
  found.done = true;
}

bool names_servers(const config::Route& route) {
  if (route.relay.empty() || !route.unix_path.empty()) return false;
  for (const auto& each : route.relay)
    if (each == "mx" || each.starts_with("mx:")) return false;
  return true;
}

}  // namespace

void check_servers_of_routes(const std::shared_ptr<const config::Config>& config, std::vector<Finding>& findings) {
  std::vector<Finding> known;  // has been said
  const auto generation = make_generation(config, known);
  if (!generation) return;
  asio::io_context loop{1};
  auto resolver = lookup::open_unbound_resolver(loop, resolver_options(*config));
  if (!resolver) {
    findings.push_back({Severity::error, place_of(*config, "dns"), resolver.error()});
    return;
  }
  Desk desk(generation, std::move(*resolver), loop);
  std::vector<std::pair<std::shared_ptr<const config::Route>, std::unique_ptr<Found>>> asked;
  for (const auto& route : config->routes)
    if (names_servers(route))
      asked.emplace_back(std::make_shared<const config::Route>(route), std::make_unique<Found>());
  for (auto& [route, found] : asked) {
    auto work = meet_all(desk, route, *found);
    asio::co_spawn(loop, std::move(work), [&each = *found](std::exception_ptr error) {
      if (error) each.failures.emplace_back("the check ended by an exception");
      each.done = true;
    });
  }
  const auto end = std::chrono::steady_clock::now() + whole_time;
  const auto keep_running = asio::make_work_guard(loop);
  const auto all_done = [&] {
    return std::all_of(asked.begin(), asked.end(), [](const auto& each) { return each.second->done; });
  };
  while (!all_done() && std::chrono::steady_clock::now() < end) loop.run_one_until(end);
  desk.late = !all_done();
  for (PeerSession* session : desk.sessions) session->abandon();
  // Every other wait has a short limit of its own, and nobody may be left who refers to the desk.
  while (!all_done()) loop.run_one();
  if (desk.late)
    findings.push_back({Severity::warning, {config->file, 0, 0}, "not all servers of routes answered in time"});
  for (auto& [route, found] : asked) {
    const config::Place place = place_of(*config, "routes." + route->name + ".relay");
    for (auto& failure : found->failures)
      findings.push_back({found->good == 0 ? Severity::error : Severity::warning, place,
                          "route \"" + route->name + "\": " + std::move(failure)});
  }
}

}  // namespace gateway
