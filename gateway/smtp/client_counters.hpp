#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "gateway/config/config.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

/// What each client did lately, for all shards together: open connections, and sliding counts of events.
///
/// A client is an IPv4 address or an IPv6 /84, as in Postfix, on one listener or on all; networks, logins and senders
/// are counted in the same way. Safe from any thread: the clients are
/// spread over independently locked parts. Bounded: clients without connections are forgotten, oldest windows first.
class ClientCounters {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Event : std::uint8_t {
    connection,
    message,
    recipient,
    unknown_recipient,
    new_tls,
    auth,
    auth_failure,
    patience,  // held its tongue before the banner
  };
  static constexpr std::size_t event_count = 8;

  /// What is counted: a client on one listener or on all, or one of the subjects of rate_limits.
  enum class Scope : std::uint8_t { listener, client, network, login, sender };

  struct Client {
    lookup::IpAddress address;
    std::uint16_t listener = 0;
    Scope scope = Scope::listener;
    bool operator==(const Client&) const = default;
  };
  static Client client(const lookup::IpAddress& address, std::size_t listener);
  static Client client(const lookup::IpAddress& address);
  static Client network(const lookup::IpAddress& address, const config::RateLimits& limits);
  /// A login or a sender, whatever its case. Kept as a hash, so that names cost no memory.
  static Client subject(Scope scope, std::string_view name);

  /// Returns how many connections the client has now, this one included. Every enter() needs a leave().
  std::uint32_t enter(const Client& client);
  void leave(const Client& client);

  /// Counts one event; returns the rate after it, per `rate.per`. With a rate of 0 nothing is counted.
  std::uint32_t count(const Client& client, Event event, const config::Rate& rate, Clock::time_point now);

  /// The rate without counting.
  std::uint32_t rate(const Client& client, Event event, const config::Rate& rate, Clock::time_point now);

  std::size_t size() const;

 private:
  struct Window {
    Clock::time_point start{};
    std::uint32_t current = 0, previous = 0;
    std::uint32_t rate(std::chrono::seconds per, Clock::time_point now) const;
    void advance(std::chrono::seconds per, Clock::time_point now);
  };
  struct Record {
    std::uint32_t connections = 0;
    Clock::time_point busy_until{};
    std::array<Window, event_count> windows{};
  };
  struct Hash {
    std::size_t operator()(const Client& client) const;
  };
  struct Part {
    mutable std::mutex mutex;
    std::unordered_map<Client, Record, Hash> records;
  };
  static constexpr std::size_t part_count = 16;
  static constexpr std::size_t part_limit = 8192;

  Part& part_of(const Client& client) { return parts_[Hash{}(client) % part_count]; }
  static Record& record_of(Part& part, const Client& client, Clock::time_point now);

  std::array<Part, part_count> parts_;
};

}  // namespace gateway
