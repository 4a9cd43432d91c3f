#include "gateway/delivery/lanes.hpp"

#include <algorithm>

#include "gateway/delivery/https_fetch.hpp"
#include "gateway/delivery/lane.hpp"
#include "lookup/address.hpp"

namespace gateway {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t courier_limit = 1000;
constexpr std::chrono::seconds idle_time{2};

}  // namespace

/// Carries one consignment after another to its lane's destination over one connection.
struct Lanes::Courier {
  Courier(Shard& shard, lookup::Resolver& dns, Lane& to, std::vector<std::string> hosts)
      : lane(to), wishes(to.wishes), client(shard, dns, wishes, std::move(hosts), to.domain), wake(shard.loop()) {}

  Lane& lane;
  std::shared_ptr<const PeerSession::Wishes> wishes;
  SmtpClient client;
  asio::steady_timer wake;
  Consignment job;
  bool has_job = false;
  SteadyClock::time_point started{};
};

Lanes::Lanes(asio::io_context& loop, lookup::Resolver& dns, DeliveryResolver& tables, Log& log,
             std::shared_ptr<DeliveryMetrics> metrics, std::shared_ptr<const config::Config> config, OnEnding on_ending)
    : shard_(loop),
      dns_(dns),
      tables_(tables),
      log_(log),
      metrics_(std::move(metrics)),
      config_(std::move(config)),
      on_ending_(std::move(on_ending)),
      threads_(2),
      sts_(loop, dns, log, threads_, fetch_https) {
  renew_security();
}

Lanes::~Lanes() = default;

void Lanes::renew_security() {
  sts_.use(config_->tls, config_->state_directory);
  const PeerSecurity::Parts parts{shard_.loop(), dns_, tables_, log_, threads_, sts_};
  security_ = std::make_shared<PeerSecurity>(parts);
}

const config::Route* Lanes::find_route(const std::string& name) const {
  for (const config::Route& route : config_->routes)
    if (route.name == name) return &route;
  return nullptr;
}

std::vector<std::string> Lanes::hosts_of(const Delivery& delivery) const {
  if (!delivery.nexthop.empty()) return {delivery.nexthop};
  const config::Route* route = find_route(delivery.route);
  if (route != nullptr && !route->unix_path.empty()) return {"unix:" + route->unix_path};
  if (route != nullptr && !route->relay.empty()) return route->relay;
  return {"mx"};
}

std::string Lanes::key_of(const Delivery& delivery, const std::string& domain) const {
  std::string key = delivery.route + '\n' + delivery.nexthop;
  if (!delivery.nexthop.empty() && !delivery.nexthop.starts_with("mx")) return key;
  for (const std::string& host : hosts_of(delivery))
    if (host == "mx" || host.starts_with("mx:")) return key + '\n' + lookup::ascii_lower(domain);
  return key;
}

Lanes::Lane& Lanes::lane_for(const Delivery& delivery, const std::string& domain) {
  std::string key = key_of(delivery, domain);
  const auto known = lanes_.find(key);
  if (known != lanes_.end()) {
    if (!known->second->wishes) equip(*known->second);
    return *known->second;
  }
  if (lanes_.size() >= evict_above_) evict();
  auto lane = std::make_unique<Lane>();
  lane->delivery = delivery;
  lane->domain = lookup::ascii_lower(domain);
  lane->key = key;
  equip(*lane);
  return *lanes_.emplace(std::move(key), std::move(lane)).first->second;
}

void Lanes::equip(Lane& lane) {
  lane.problem.clear();
  lane.route = {};
  lane.route.name = lane.delivery.route;
  if (const config::Route* found = find_route(lane.delivery.route)) {
    lane.route = *found;
  } else if (!lane.delivery.route.empty() && lane.delivery.route != "default") {
    lane.problem = "mail routing is not configured for this destination";
  }
  auto wishes = std::make_shared<PeerSession::Wishes>();
  wishes->config = config_;
  wishes->route = std::make_shared<const config::Route>(lane.route);
  wishes->security = security_;
  wishes->log = &log_;
  lane.wishes = std::move(wishes);
  lane.series = &metrics_->of(lane.route.name);
  lane.destination.set_limits(lane.route.concurrency, lane.route.rate);
}

void Lanes::enqueue(const Delivery& delivery, const std::string& domain, Consignment consignment) {
  Lane& lane = lane_for(delivery, domain);
  if (!lane.problem.empty()) return report_deferred(lane, std::move(consignment), "4.3.5", lane.problem);
  if (lane.destination.is_dead(SteadyClock::now())) {
    return report_deferred(lane, std::move(consignment), lane.error_dsn,
                           "delivery temporarily suspended: " + lane.destination.last_error());
  }
  const auto limit =
      static_cast<std::size_t>(std::max(1, lane.route.recipient_limit > 0 ? lane.route.recipient_limit : 1000));
  while (consignment.recipients.size() > limit) {
    const auto cut = consignment.recipients.end() - static_cast<std::ptrdiff_t>(limit);
    lane.waiting.push_back({consignment.message, {cut, consignment.recipients.end()}});
    consignment.recipients.erase(cut, consignment.recipients.end());
  }
  lane.waiting.push_back(std::move(consignment));
  mark_ready(lane);
}

void Lanes::mark_ready(Lane& lane) {
  if (!lane.listed) {
    lane.listed = true;
    ready_.push_back(&lane);
  }
  schedule_pump();
}

void Lanes::schedule_pump() {
  if (pump_posted_ || closed_) return;
  pump_posted_ = true;
  asio::post(shard_.loop(), [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->pump();
  });
}

void Lanes::pump() {
  pump_posted_ = false;
  while (!ready_.empty() && !draining_) {
    Lane& lane = *ready_.front();
    const auto now = SteadyClock::now();
    skip_withdrawn(lane);
    if (lane.waiting.empty() || !lane.destination.may_start(now)) {
      // A courier that comes back, the rate's timer or new mail will list it again.
      ready_.pop_front();
      lane.listed = false;
      if (!lane.waiting.empty()) wait_for_rate(lane);
      continue;
    }
    if (couriers_ >= courier_limit && lane.idle.empty()) break;
    ready_.pop_front();
    start(lane);
    ready_.push_back(&lane);
  }
}

void Lanes::start(Lane& lane) {
  std::shared_ptr<Courier> courier;
  const bool reuse = !lane.idle.empty();
  if (reuse) {
    courier = std::move(lane.idle.back());
    lane.idle.pop_back();
  } else {
    courier = std::make_shared<Courier>(shard_, dns_, lane, hosts_of(lane.delivery));
    courier->client.on_connection = [series = lane.series](bool opened, const PeerSession& session) {
      series->count_connection(opened);
      if (opened) series->count_session(session.is_encrypted(), session.trust());
    };
    if (reports_) courier->client.on_tls = [reports = reports_](const TlsResult& result) { reports->note(result); };
    ++couriers_;
    ++lane.couriers;
  }
  take_next(*courier);
  if (reuse) {
    courier->wake.cancel();
    return;
  }
  asio::co_spawn(
      shard_.loop(), drive(shared_from_this(), courier), [weak = weak_from_this()](std::exception_ptr error) {
        auto self = weak.lock();
        if (!self || !error) return;
        try {
          std::rethrow_exception(error);
        } catch (const std::exception& failure) {
          self->log_.write(Program::smtp, Level::error, "error", {}, std::string("delivery ended: ") + failure.what());
        }
      });
}

bool Lanes::take_next(Courier& courier) {
  Lane& lane = courier.lane;
  const auto now = SteadyClock::now();
  skip_withdrawn(lane);
  if (draining_ || lane.waiting.empty() || !lane.destination.may_start(now)) return false;
  courier.job = std::move(lane.waiting.front());
  lane.waiting.pop_front();
  courier.has_job = true;
  courier.started = now;
  lane.destination.started(now);
  ++busy_;
  return true;
}

void Lanes::skip_withdrawn(Lane& lane) {
  while (!lane.waiting.empty() && !lane.waiting.front().message->may_start()) {
    Ending ending;
    ending.consignment = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    ending.report.outcomes.resize(ending.consignment.recipients.size());  // undecided
    ending.series = lane.series;
    ending.started = SteadyClock::now();
    if (on_ending_ && !closed_) on_ending_(std::move(ending));
  }
}

asio::awaitable<void> Lanes::drive(std::shared_ptr<Lanes> self, std::shared_ptr<Courier> courier) {
  static_cast<void>(self);  // keeps this object alive
  Lane& lane = courier->lane;
  under_way_.insert(courier.get());
  for (;;) {
    auto report = co_await courier->client.deliver(courier->job);
    finish(*courier, std::move(report));
    // Others wait for a courier to become free: their turn.
    const bool others_wait = couriers_ >= courier_limit && !ready_.empty();
    if (!others_wait && take_next(*courier)) continue;
    const bool keep =
        courier->client.is_open() && !closed_ && !draining_ && !others_wait && courier->wishes == lane.wishes;
    if (!keep) break;
    lane.idle.push_back(courier);
    courier->wake.expires_after(idle_time);
    co_await courier->wake.async_wait(token);
    if (!courier->has_job) {
      std::erase(lane.idle, courier);
      break;
    }
  }
  under_way_.erase(courier.get());
  courier->client.close();
  --couriers_;
  --lane.couriers;
  if (!lane.waiting.empty()) mark_ready(lane);
  if (!ready_.empty()) schedule_pump();
}

void Lanes::finish(Courier& courier, SmtpClient::Report report) {
  Lane& lane = courier.lane;
  --busy_;
  courier.has_job = false;
  Destination& destination = lane.destination;
  bool died = false;
  if (report.reached) {
    destination.reached();
    destination.ended();
  } else {
    destination.ended();
    lane.error_dsn = report.outcomes.front().dsn;
    died = destination.missed(SteadyClock::now(), config_->queue.minimal_backoff_time, report.outcomes.front().text);
  }
  const Program program = lane.route.protocol == config::Protocol::lmtp ? Program::lmtp : Program::smtp;
  Ending ending{std::move(courier.job), std::move(report), lane.series, program, courier.started};
  courier.job = {};
  if (on_ending_ && !closed_) on_ending_(std::move(ending));
  if (died) defer_waiting(lane);
  if (!lane.waiting.empty()) mark_ready(lane);
}

void Lanes::defer_waiting(Lane& lane) {
  std::deque<Consignment> waiting = std::move(lane.waiting);
  lane.waiting.clear();
  const std::string text = "delivery temporarily suspended: " + lane.destination.last_error();
  for (Consignment& each : waiting) report_deferred(lane, std::move(each), lane.error_dsn, text);
}

void Lanes::report_deferred(Lane& lane, Consignment consignment, const std::string& dsn, const std::string& text) {
  Ending ending;
  ending.report.outcomes.assign(consignment.recipients.size(),
                                Outcome{Outcome::Result::deferred, dsn, text, {}, {}, false});
  ending.consignment = std::move(consignment);
  ending.series = lane.series;
  ending.program = Program::error;
  ending.started = SteadyClock::now();
  if (on_ending_ && !closed_) on_ending_(std::move(ending));
}

void Lanes::wait_for_rate(Lane& lane) {
  if (!lane.destination.has_rate() || lane.rate_waiting || lane.destination.next_start() <= SteadyClock::now()) return;
  if (!lane.rate_timer) lane.rate_timer = std::make_unique<asio::steady_timer>(shard_.loop());
  lane.rate_waiting = true;
  lane.rate_timer->expires_at(lane.destination.next_start());
  lane.rate_timer->async_wait([weak = weak_from_this(), key = lane.key](std::error_code) {
    auto self = weak.lock();
    if (!self) return;
    const auto found = self->lanes_.find(key);
    if (found == self->lanes_.end()) return;
    found->second->rate_waiting = false;
    if (!found->second->waiting.empty()) self->mark_ready(*found->second);
  });
}

void Lanes::evict() {
  const auto now = SteadyClock::now();
  std::erase_if(lanes_, [now](const auto& entry) {
    const Lane& lane = *entry.second;
    return lane.waiting.empty() && lane.couriers == 0 && !lane.listed && !lane.rate_waiting &&
           !lane.destination.is_dead(now);
  });
  evict_above_ = std::max<std::size_t>(1000, 2 * lanes_.size());
}

void Lanes::configure(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  renew_security();
  for (auto& [key, lane] : lanes_) {
    lane->wishes.reset();
    // Kept connections were made under the old settings.
    for (auto& courier : lane->idle) courier->wake.cancel();
    if (!lane->waiting.empty() || lane->couriers > 0) equip(*lane);
  }
}

void Lanes::revive() {
  for (auto& [key, lane] : lanes_) lane->destination.revive();
}

void Lanes::drain() {
  draining_ = true;
  for (auto& [key, lane] : lanes_) {
    lane->waiting.clear();
    for (auto& courier : lane->idle) courier->wake.cancel();
  }
}

void Lanes::shut_down() {
  drain();
  closed_ = true;
  on_ending_ = nullptr;
  for (Courier* courier : under_way_) courier->client.abandon();
}

}  // namespace gateway
