#include "gateway/smtp/client_counters.hpp"

#include <algorithm>

namespace gateway {

namespace {

constexpr int ipv6_prefix = 84;

}  // namespace

ClientCounters::Client ClientCounters::client(const lookup::IpAddress& address, std::size_t listener) {
  Client client{address, static_cast<std::uint16_t>(listener)};
  if (address.is_v6) {
    client.address.bytes[ipv6_prefix / 8] &= 0xf0;
    std::fill(client.address.bytes.begin() + ipv6_prefix / 8 + 1, client.address.bytes.end(), std::uint8_t{0});
  }
  return client;
}

std::size_t ClientCounters::Hash::operator()(const Client& client) const {
  std::uint64_t hash = 0xcbf29ce484222325u ^ client.listener;
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
