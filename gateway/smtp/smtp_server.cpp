#include "gateway/smtp/smtp_server.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "gateway/net/listener.hpp"
#include "gateway/net/tls_settings.hpp"
#include "gateway/smtp/session_desk.hpp"

namespace gateway {

struct SmtpServer::State {
  struct OpenListener {
    std::string name;
    std::string address;     // as configured
    std::uint16_t port = 0;  // as configured
    std::unique_ptr<Listener> listener;
    bool started = false;
    bool inherited = false;  // from the service manager: address and port are whatever it chose
  };

  State(Parts given, std::shared_ptr<const SmtpSnapshot> first) : parts(std::move(given)), snapshot(std::move(first)) {
    for (Shard* shard : parts.shards) desks.push_back(std::make_shared<SessionDesk>(*shard, parts, counters, totals));
  }

  void add_metrics() {
    for (const auto& listener : snapshot->config->listeners) {
      auto& known = metrics[listener.name];
      if (!known) known = std::make_unique<SmtpdMetrics>(parts.metrics, listener.name);
    }
    for (const auto& filter : snapshot->config->filters) {
      auto& known = filter_metrics[filter.name];
      if (!known) known = std::make_unique<FilterMetrics>(parts.metrics, filter.name);
    }
  }

  /// Sockets of the service manager, by the listener's name. What is taken is not inherited any more.
  tl::expected<void, std::string> adopt_inherited() {
    tl::expected<void, std::string> result;
    for (const auto& wanted : snapshot->config->listeners)
      for (auto& socket : parts.inherited) {
        if (socket.fd < 0 || socket.name != wanted.name) continue;
        auto adopted = Listener::adopt(parts.shards, std::exchange(socket.fd, -1));
        if (adopted)
          listeners.push_back({wanted.name, "", 0, std::move(*adopted), false, true});
        else if (result)
          result = tl::unexpected(fmt::format("listener {}: {}", wanted.name, adopted.error()));
      }
    return result;
  }

  bool is_inherited(const std::string& name) const {
    return std::any_of(listeners.begin(), listeners.end(),
                       [&](const OpenListener& one) { return one.inherited && one.name == name; });
  }

  tl::expected<void, std::string> open_missing() {
    auto result = adopt_inherited();
    for (const auto& wanted : snapshot->config->listeners)
      for (const auto& address : wanted.address) {
        if (is_inherited(wanted.name)) continue;
        const bool have = std::any_of(listeners.begin(), listeners.end(), [&](const OpenListener& one) {
          return one.name == wanted.name && one.address == address && one.port == wanted.port;
        });
        if (have) continue;
        auto opened = Listener::open(parts.shards, address, wanted.port);
        if (opened) {
          listeners.push_back({wanted.name, address, wanted.port, std::move(*opened), false});
        } else if (result) {
          result = tl::unexpected(fmt::format("listener {}: {}", wanted.name, opened.error()));
        }
      }
    return result;
  }

  void close_gone() {
    std::erase_if(listeners, [&](const OpenListener& one) {
      const auto& wanted = snapshot->config->listeners;
      return std::none_of(wanted.begin(), wanted.end(), [&](const config::Listener& listener) {
        if (listener.name != one.name) return false;
        return one.inherited ||
               (listener.port == one.port &&
                std::find(listener.address.begin(), listener.address.end(), one.address) != listener.address.end());
      });
    });
  }

  /// Gives the snapshot to every shard, on its own loop, ahead of the connections that listeners bring there.
  void hand_out() {
    std::vector<const SmtpdMetrics*> in_order;
    for (const auto& listener : snapshot->config->listeners) in_order.push_back(metrics.at(listener.name).get());
    std::vector<const FilterMetrics*> filters;
    for (const auto& filter : snapshot->config->filters) filters.push_back(filter_metrics.at(filter.name).get());
    for (std::size_t i = 0; i < desks.size(); ++i)
      asio::post(parts.shards[i]->loop(),
                 [desk = desks[i], use = snapshot, in_order, filters] { desk->use(use, in_order, filters); });
  }

  void start_all() {
    for (auto& one : listeners) {
      if (std::exchange(one.started, true)) continue;
      auto accepted = [this, name = one.name](Shard& shard, StreamSocket socket) {
        for (std::size_t i = 0; i < desks.size(); ++i)
          if (parts.shards[i] == &shard) return desks[i]->open(name, std::move(socket));
      };
      auto failed = [this](std::error_code error) {
        parts.log.warning(Program::master, fmt::format("cannot accept connections: {}", error.message()));
      };
      one.listener->start(std::move(accepted), std::move(failed));
    }
  }

  Parts parts;
  std::shared_ptr<const SmtpSnapshot> snapshot;
  ClientCounters counters;
  SessionTotals totals;
  std::map<std::string, std::unique_ptr<SmtpdMetrics>> metrics;  // by listener; never shrinks: sessions use them
  std::map<std::string, std::unique_ptr<FilterMetrics>> filter_metrics;  // by filter, likewise
  std::vector<std::shared_ptr<SessionDesk>> desks;
  std::vector<OpenListener> listeners;
  std::atomic<std::size_t> draining{0};
};

SmtpServer::SmtpServer(Parts parts, std::shared_ptr<const SmtpSnapshot> snapshot)
    : state_(std::make_unique<State>(std::move(parts), std::move(snapshot))) {
  state_->add_metrics();
}

SmtpServer::~SmtpServer() = default;

tl::expected<void, std::string> SmtpServer::open() {
  return state_->open_missing();
}

void SmtpServer::start() {
  state_->hand_out();
  state_->start_all();
}

tl::expected<void, std::string> SmtpServer::reload(std::shared_ptr<const SmtpSnapshot> snapshot) {
  state_->snapshot = std::move(snapshot);
  state_->add_metrics();
  state_->close_gone();
  auto opened = state_->open_missing();
  state_->hand_out();
  state_->start_all();
  return opened;
}

void SmtpServer::drain(std::chrono::seconds grace, std::function<void()> done) {
  state_->listeners.clear();
  state_->draining = state_->desks.size();
  auto one_done = [state = state_.get(), done = std::move(done)] {
    if (state->draining.fetch_sub(1) == 1 && done) done();
  };
  for (std::size_t i = 0; i < state_->desks.size(); ++i)
    asio::post(state_->parts.shards[i]->loop(),
               [desk = state_->desks[i], grace, one_done] { desk->drain(grace, one_done); });
}

std::vector<SmtpServer::Address> SmtpServer::addresses() const {
  std::vector<Address> addresses;
  for (const auto& one : state_->listeners)
    addresses.push_back({one.name, one.listener->address(), one.listener->port()});
  return addresses;
}

SmtpServer::Counts SmtpServer::counts() const {
  return {state_->totals.open.load(), state_->totals.connections.load(), state_->totals.messages.load()};
}

}  // namespace gateway
