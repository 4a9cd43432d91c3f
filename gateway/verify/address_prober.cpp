#include "gateway/verify/address_prober.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "gateway/delivery/delivery_log.hpp"
#include "gateway/delivery/https_fetch.hpp"
#include "gateway/spool/message_id.hpp"
#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds probe_limit{60};

Outcome unknown(std::string text) {
  return {Outcome::Result::deferred, "4.3.0", std::move(text), {}, {}, false};
}

/// The envelope sender of probes: a local part alone stands at myorigin.
lookup::Address sender_of(const config::Config& config) {
  const std::string& text = config.address_verify.sender;
  if (text.empty() || text == "<>") return {};
  auto address = lookup::split_address(text);
  if (address.domain.empty()) address.domain = config.myorigin;
  return address;
}

double seconds_of(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

struct AddressProber::Probe {
  Probe(Shard& shard, lookup::Resolver& dns, const std::shared_ptr<const PeerSession::Wishes>& by,
        std::vector<std::string> hosts, const lookup::Address& to)
      : wishes(by),
        address(to),
        client(shard, dns, by, std::move(hosts), lookup::ascii_lower(to.domain)),
        deadline(shard.loop()) {}

  std::shared_ptr<const PeerSession::Wishes> wishes;
  lookup::Address address;
  Consignment consignment;
  SmtpClient client;
  asio::steady_timer deadline;
  std::function<void(Outcome)> done;
};

/// For when there is no configuration to ask: no policies, no logins.
struct NoTables final : DeliveryResolver {
  void resolve(const Envelope&, const EnvelopeRecipient&, std::function<void(Delivery)> done) override { done({}); }
  void look_up(const config::MapRefs&, std::vector<std::string>, std::function<void(lookup::Answer)> done) override {
    done(lookup::Answer::absent());
  }
};

AddressProber::AddressProber(Shard& shard, lookup::Resolver& dns, Log& log,
                             std::shared_ptr<const config::Config> config)
    : shard_(shard),
      dns_(dns),
      log_(log),
      config_(std::move(config)),
      no_tables_(std::make_unique<NoTables>()),
      tables_(no_tables_.get()),
      threads_(1),
      sts_(shard.loop(), dns, log, threads_, fetch_https) {
  renew_security();
}

AddressProber::~AddressProber() = default;

void AddressProber::use(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  renew_security();
}

void AddressProber::ask_tables(DeliveryResolver& tables) {
  tables_ = &tables;
  renew_security();
}

void AddressProber::renew_security() {
  sts_.use(config_->tls, "");
  const PeerSecurity::Parts parts{shard_.loop(), dns_, *tables_, log_, threads_, sts_};
  security_ = std::make_shared<PeerSecurity>(parts);
}

std::shared_ptr<const PeerSession::Wishes> AddressProber::wishes_for(const Delivery& delivery,
                                                                     std::vector<std::string>& hosts,
                                                                     std::string& problem) {
  auto wishes = std::make_shared<PeerSession::Wishes>();
  wishes->config = config_;
  wishes->security = security_;
  wishes->log = &log_;
  auto route = std::make_shared<config::Route>();
  route->name = delivery.route;
  bool is_known = delivery.route.empty() || delivery.route == "default";
  for (const auto& each : config_->routes) {
    if (each.name != delivery.route) continue;
    *route = each;
    is_known = true;
  }
  if (!is_known) problem = "mail routing is not configured for this destination";
  hosts = {"mx"};
  if (!route->relay.empty()) hosts = route->relay;
  if (!route->unix_path.empty()) hosts = {"unix:" + route->unix_path};
  if (!delivery.nexthop.empty()) hosts = {delivery.nexthop};
  wishes->route = std::move(route);
  return wishes;
}

void AddressProber::probe(const Delivery& delivery, const lookup::Address& address, std::function<void(Outcome)> done) {
  std::vector<std::string> hosts;
  std::string problem;
  const auto wishes = wishes_for(delivery, hosts, problem);
  if (closed_ || !problem.empty()) {
    done(unknown(problem));
    return;
  }
  auto made = std::make_shared<Probe>(shard_, dns_, wishes, std::move(hosts), address);
  made->done = std::move(done);
  auto message = std::make_shared<ActiveMessage>();
  message->is_probe = true;
  auto& envelope = message->stored.envelope;
  envelope.sender = sender_of(*config_);
  const auto is_ascii = [](const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  };
  envelope.smtputf8 = !is_ascii(address.local) || !is_ascii(address.domain);
  EnvelopeRecipient recipient;
  recipient.address = address;
  envelope.recipients.push_back(std::move(recipient));
  message->queue_id = to_string(next_message_id());
  made->consignment.message = std::move(message);
  made->consignment.recipients.push_back(0);
  made->deadline.expires_after(probe_limit);
  made->deadline.async_wait([weak = std::weak_ptr<Probe>(made)](std::error_code error) {
    if (const auto late = weak.lock(); late && !error) late->client.abandon();
  });
  auto ended = [self = shared_from_this(), made](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      self->log_.write(Program::smtp, Level::error, "error", {}, std::string("address probe ended: ") + error.what());
    }
    if (made->done) std::exchange(made->done, nullptr)(unknown("internal error"));
  };
  asio::co_spawn(shard_.loop(), run(shared_from_this(), made), std::move(ended));
}

asio::awaitable<void> AddressProber::run(std::shared_ptr<AddressProber> self, std::shared_ptr<Probe> probe) {
  static_cast<void>(self);  // keeps this object alive
  under_way_.insert(probe.get());
  auto report = co_await probe->client.deliver(probe->consignment);
  under_way_.erase(probe.get());
  probe->client.close();
  probe->deadline.cancel();
  const auto done = std::exchange(probe->done, nullptr);
  if (closed_) co_return;
  log(*probe, report);
  done(std::move(report.outcomes.front()));
}

void AddressProber::log(const Probe& probe, const SmtpClient::Report& report) {
  const Outcome& outcome = report.outcomes.front();
  const bool is_lmtp = probe.wishes->route->protocol == config::Protocol::lmtp;
  const std::string_view status = outcome.result == Outcome::Result::sent ? "deliverable" : "undeliverable";
  const double connect = seconds_of(report.connect), transmit = seconds_of(report.transmit);
  const std::string address = probe.address.to_string(), delay = format_delay(connect + transmit);
  log_.write(is_lmtp ? Program::lmtp : Program::smtp, Level::info, status, probe.consignment.message->queue_id,
             fmt::format("to=<{}>, relay={}, delay={}, delays=0/0/{}/{}, dsn={}, status={} ({})", address, report.relay,
                         delay, format_delay(connect), format_delay(transmit), outcome.dsn, status, outcome.text),
             {{"to", address},
              {"relay", report.relay},
              {"delay", delay, true},
              {"dsn", outcome.dsn},
              {"status", status},
              {"reply", outcome.text}});
}

void AddressProber::shut_down() {
  closed_ = true;
  for (Probe* probe : under_way_) probe->client.abandon();
}

}  // namespace gateway
