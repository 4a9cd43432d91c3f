#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {
namespace {

using L = KeyMaker<ClientLimits>;

Key connections() {
  return L::integer("connections", &ClientLimits::connections, 0, 1000000, "50", "Connections at the same time.");
}
Key connection_rate() {
  return L::rate("connection_rate", &ClientLimits::connection_rate, "60/1m", "New connections in a span of time.");
}
Key message_rate() {
  return L::rate("message_rate", &ClientLimits::message_rate, "100/1h", "MAIL commands in a span of time.");
}
Key recipient_rate() {
  return L::rate("recipient_rate", &ClientLimits::recipient_rate, "500/1h", "RCPT commands in a span of time.");
}
Key unknown_recipient_rate() {
  return L::rate("unknown_recipient_rate", &ClientLimits::unknown_recipient_rate, "25/1h",
                 "Unknown recipients in a span of time; then all recipients get the same 450.");
}
Key newtls_rate() {
  return L::rate("newtls_rate", &ClientLimits::newtls_rate, "30/1m", "New TLS sessions in a span of time.");
}
Key auth_rate() {
  return L::rate("auth_rate", &ClientLimits::auth_rate, "10/1m", "AUTH commands in a span of time.");
}
Key auth_failure_rate() {
  return L::rate("auth_failure_rate", &ClientLimits::auth_failure_rate, "5/10m",
                 "Failed logins in a span of time; then no password is looked at for the rest of it.");
}

std::vector<Key> of_clients() {
  return {connections(), connection_rate(), message_rate(),     recipient_rate(), unknown_recipient_rate(),
          newtls_rate(), auth_rate(),       auth_failure_rate()};
}

/// Absent is not empty: without the key mynetworks have no limits, with an empty list everybody has.
Key exceptions() {
  auto key = KeyMaker<RateLimits>::make(KeyType::networks, "exceptions", "[10.0.0.0/8]",
                                        "Clients without limits (smtpd_client_event_limit_exceptions); []: none.");
  key.store = [](Reading& reading, void* owner, const Value& value) {
    const auto found = reading.texts(value, "a list of networks");
    if (!found) return;
    auto& list = static_cast<RateLimits*>(owner)->exceptions.emplace();
    for (const auto& item : *found) {
      auto parsed = parse_network_text(item.text);
      if (parsed)
        list.push_back(*std::move(parsed));
      else
        reading.error(item.place, value.secret ? parse_network_text("***").error() : parsed.error());
    }
  };
  key.show = [](const void* owner) {
    return print_list(static_cast<const RateLimits*>(owner)->exceptions.value_or(std::vector<lookup::Network>{}));
  };
  return fallback(std::move(key), "mynetworks");
}

}  // namespace

Key rate_limit_keys() {
  using K = KeyMaker<RateLimits>;
  return KeyMaker<Config>::section(
      "rate_limits", &Config::rate_limits,
      "Limits that hold over all listeners, beside listeners[].client_limits. A limit or rate of 0 means none.",
      {
          K::section("client", &RateLimits::client, "For one client address (IPv6: one /84).", of_clients()),
          K::section("network", &RateLimits::network, "For all clients of one network together.", of_clients()),
          K::section("login", &RateLimits::login, "For one login, wherever it comes from.",
                     {message_rate(), recipient_rate(), unknown_recipient_rate(), auth_failure_rate()}),
          K::section("sender", &RateLimits::sender, "For one envelope sender. Senders can be forged.",
                     {message_rate(), recipient_rate(), unknown_recipient_rate()}),
          K::group("network_prefix", "What is one network: the length of the prefix.",
                   {
                       K::integer("ipv4", &RateLimits::ipv4_prefix, 8, 32, "16", "Of IPv4 addresses."),
                       K::integer("ipv6", &RateLimits::ipv6_prefix, 16, 128, "64", "Of IPv6 addresses."),
                   }),
          exceptions(),
      });
}

}  // namespace gateway::config
