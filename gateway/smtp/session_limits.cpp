#include <fmt/core.h>

#include <array>

#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

using Event = ClientCounters::Event;
using Scope = ClientCounters::Scope;

/// The limit of an event, and the words of the log (those of Postfix's anvil where it has some).
struct Limit {
  config::Rate config::ClientLimits::*rate;
  std::string_view words;
};

Limit limit_of(Event event) {
  using L = config::ClientLimits;
  switch (event) {
    case Event::connection:
      return {&L::connection_rate, "Connection rate"};
    case Event::message:
      return {&L::message_rate, "Message delivery request rate"};
    case Event::recipient:
      return {&L::recipient_rate, "Recipient address rate"};
    case Event::unknown_recipient:
      return {&L::unknown_recipient_rate, "Unknown recipient rate"};
    case Event::new_tls:
      return {&L::newtls_rate, "New TLS session rate"};
    case Event::auth:
      return {&L::auth_rate, "AUTH command rate"};
    case Event::auth_failure:
    case Event::patience:
      break;
  }
  return {&L::auth_failure_rate, "Failed login rate"};
}

}  // namespace

bool Session::exceeds(Event event, std::string_view login, Count count) {
  if (!limited_) return false;
  const auto& listener = parts_->listener_config();
  const auto& limits = parts_->config().rate_limits;
  const auto [member, words] = limit_of(event);
  const auto now = std::chrono::steady_clock::now();
  bool is_over = false;
  const auto look = [&](const config::ClientLimits& rates, const auto& subject, const auto& name) {
    const auto& rate = rates.*member;
    if (rate.count == 0) return;
    const auto client = subject();
    const auto seen = count == Count::yes ? parts_->counters.count(client, event, rate, now)
                                          : parts_->counters.rate(client, event, rate, now);
    // Counted, this one may be the last that fits; not counted, it would be one more.
    if (count == Count::yes ? seen <= rate.count : seen < rate.count) return;
    is_over = true;
    if (count == Count::yes || event == Event::auth_failure)
      log_warning(fmt::format("{} limit exceeded: {} from {} for {}", words, seen, client_, name()));
  };
  const auto& address = facts_.client_address;
  if (login.empty()) login = facts_.login;
  look(
      listener.client_limits, [&] { return ClientCounters::client(address, parts_->listener); },
      [&] { return "service " + listener.name; });
  look(
      limits.client, [&] { return ClientCounters::client(address); }, [] { return std::string("all services"); });
  look(
      limits.network, [&] { return ClientCounters::network(address, limits); },
      [&] { return "network " + ClientCounters::network(address, limits).address.to_string(); });
  if (!login.empty())
    look(
        limits.login, [&] { return ClientCounters::subject(Scope::login, login); },
        [&] { return fmt::format("login {}", login); });
  if (facts_.has_sender && !facts_.sender.is_null())
    look(
        limits.sender, [&] { return ClientCounters::subject(Scope::sender, facts_.sender.to_string()); },
        [&] { return fmt::format("sender <{}>", facts_.sender.to_string()); });
  return is_over;
}

bool Session::is_over(Event event, std::string_view login) {
  return exceeds(event, login, Count::yes);
}

bool Session::has_spent(Event event, std::string_view login) {
  return exceeds(event, login, Count::no);
}

void Session::count(Event event, std::string_view login) {
  static_cast<void>(exceeds(event, login, Count::yes));
}

asio::awaitable<bool> Session::refuse_crowd() {
  const bool too_many = has_too_many_connections();
  if (!too_many && !is_over(Event::connection)) co_return false;
  log_connect();
  parts_->metrics.connections_limited.add();
  Reply reply = replies::too_many_connections(parts_->config().hostname, facts_.client_address.to_string());
  co_await say(std::move(reply), Blame::nobody);
  co_return true;
}

bool Session::has_too_many_connections() {
  const auto& listener = parts_->listener_config();
  const auto& limits = parts_->config().rate_limits;
  const auto& address = facts_.client_address;
  const auto enter = [&](const ClientCounters::Client& client, std::uint32_t limit, const std::string& name) {
    entered_.push_back(client);
    const auto open = parts_->counters.enter(client);
    if (!limited_ || limit == 0 || open <= limit) return false;
    log_warning(fmt::format("Connection concurrency limit exceeded: {} from {} for {}", open, client_, name));
    return true;
  };
  bool too_many = enter(ClientCounters::client(address, parts_->listener), listener.client_limits.connections,
                        "service " + listener.name);
  if (limits.client.connections != 0)
    too_many |= enter(ClientCounters::client(address), limits.client.connections, "all services");
  if (limits.network.connections != 0) {
    const auto network = ClientCounters::network(address, limits);
    too_many |= enter(network, limits.network.connections, "network " + network.address.to_string());
  }
  return too_many;
}

}  // namespace gateway
