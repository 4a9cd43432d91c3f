#include "gateway/smtp/client_counters.hpp"

#include <algorithm>
#include <random>

namespace gateway {

namespace {

constexpr int ipv6_prefix = 84;

lookup::IpAddress base_of(lookup::IpAddress address, int prefix) {
  for (int i = 0; i < static_cast<int>(address.bytes.size()); ++i) {
    const int kept = std::clamp(prefix - i * 8, 0, 8);
    address.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return address;
}

}  // namespace

ClientCounters::Client ClientCounters::client(const lookup::IpAddress& address, std::size_t listener) {
  auto client = ClientCounters::client(address);
  client.listener = static_cast<std::uint16_t>(listener);
  client.scope = Scope::listener;
  return client;
}

ClientCounters::Client ClientCounters::client(const lookup::IpAddress& address) {
  return {address.is_v6 ? base_of(address, ipv6_prefix) : address, 0, Scope::client};
}

ClientCounters::Client ClientCounters::network(const lookup::IpAddress& address, const config::RateLimits& limits) {
  return {base_of(address, address.is_v6 ? limits.ipv6_prefix : limits.ipv4_prefix), 0, Scope::network};
}

ClientCounters::Client ClientCounters::subject(Scope scope, std::string_view name) {
  // Two independent hashes of 64 bits: nobody can be made to pay for another's mail by a name that collides.
  static const std::uint64_t seed = std::random_device{}();
  Client subject{{}, 0, scope};
  subject.address.is_v6 = true;
  std::uint64_t hashes[2] = {0xcbf29ce484222325u ^ seed, 0x9e3779b97f4a7c15u + seed};
  for (const char each : name) {
    const auto octet = static_cast<std::uint8_t>(each >= 'A' && each <= 'Z' ? each - 'A' + 'a' : each);
    hashes[0] = (hashes[0] ^ octet) * 0x100000001b3u;
    hashes[1] = (hashes[1] + octet) * 0xff51afd7ed558ccdu;
    hashes[1] ^= hashes[1] >> 33;
  }
  for (std::size_t i = 0; i < subject.address.bytes.size(); ++i)
    subject.address.bytes[i] = static_cast<std::uint8_t>(hashes[i / 8] >> (i % 8 * 8));
  return subject;
}

std::size_t ClientCounters::Hash::operator()(const Client& client) const {
  std::uint64_t hash = 0xcbf29ce484222325u ^ client.listener ^ static_cast<std::uint64_t>(client.scope) << 16;
  for (const auto octet : client.address.bytes) hash = (hash ^ octet) * 0x100000001b3u;
  return static_cast<std::size_t>(hash ^ hash >> 29);
}

void ClientCounters::Window::advance(std::chrono::seconds per, Clock::time_point now) {
  if (now - start < per) return;
  previous = now - start < 2 * per ? current : 0;
  current = 0;
  start = previous ? start + per : now;
}

std::uint32_t ClientCounters::Window::rate(std::chrono::seconds per, Clock::time_point now) const {
  // The window slides: of the window before, as much counts as still lies within `per`.
  const double passed = std::chrono::duration<double>(now - start) / std::chrono::duration<double>(per);
  return current + static_cast<std::uint32_t>(previous * std::max(0.0, 1.0 - passed));
}

ClientCounters::Record& ClientCounters::record_of(Part& part, const Client& client, Clock::time_point now) {
  if (part.records.size() >= part_limit && !part.records.contains(client)) {
    std::erase_if(part.records,
                  [now](const auto& entry) { return entry.second.connections == 0 && entry.second.busy_until < now; });
    // Still full: a flood from everywhere. Its counts are worth less than the memory.
    if (part.records.size() >= part_limit)
      std::erase_if(part.records, [](const auto& entry) { return entry.second.connections == 0; });
  }
  return part.records[client];
}

std::uint32_t ClientCounters::enter(const Client& client) {
  Part& part = part_of(client);
  const std::lock_guard lock(part.mutex);
  return ++record_of(part, client, Clock::now()).connections;
}

void ClientCounters::leave(const Client& client) {
  Part& part = part_of(client);
  const std::lock_guard lock(part.mutex);
  const auto found = part.records.find(client);
  if (found == part.records.end()) return;
  if (found->second.connections > 0) --found->second.connections;
  if (found->second.connections == 0 && found->second.busy_until == Clock::time_point{}) part.records.erase(found);
}

std::uint32_t ClientCounters::count(const Client& client, Event event, const config::Rate& rate,
                                    Clock::time_point now) {
  if (rate.count == 0) return 0;
  Part& part = part_of(client);
  const std::lock_guard lock(part.mutex);
  Record& record = record_of(part, client, now);
  Window& window = record.windows[static_cast<std::size_t>(event)];
  window.advance(rate.per, now);
  ++window.current;
  record.busy_until = std::max(record.busy_until, now + 2 * rate.per);
  return window.rate(rate.per, now);
}

std::uint32_t ClientCounters::rate(const Client& client, Event event, const config::Rate& rate, Clock::time_point now) {
  if (rate.count == 0) return 0;
  Part& part = part_of(client);
  const std::lock_guard lock(part.mutex);
  const auto found = part.records.find(client);
  if (found == part.records.end()) return 0;
  Window& window = found->second.windows[static_cast<std::size_t>(event)];
  window.advance(rate.per, now);
  return window.rate(rate.per, now);
}

std::size_t ClientCounters::size() const {
  std::size_t size = 0;
  for (const auto& part : parts_) {
    const std::lock_guard lock(part.mutex);
    size += part.records.size();
  }
  return size;
}

}  // namespace gateway
