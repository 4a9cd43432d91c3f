#include "gateway/delivery/peer_hosts.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <random>

#include "gateway/net/awaited.hpp"
#include "lookup/address.hpp"
#include "lookup/dns.hpp"

namespace gateway {

namespace {

constexpr std::size_t address_limit = 10;
constexpr std::chrono::seconds dns_limit{30};

struct MxHost {
  unsigned preference = 0;
  std::string host;
};

std::mt19937& shuffler() {
  thread_local std::mt19937 engine{std::random_device{}()};
  return engine;
}

std::vector<lookup::IpAddress> interface_addresses() {
  std::vector<lookup::IpAddress> found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    lookup::IpAddress address;
    if (each->ifa_addr->sa_family == AF_INET) {
      std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr, 4);
    } else if (each->ifa_addr->sa_family == AF_INET6) {
      address.is_v6 = true;
      std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr, 16);
    } else {
      continue;
    }
    found.push_back(address);
  }
  freeifaddrs(list);
  return found;
}

/// Would a connection to this address end in one of our own listeners, directly or through a proxy interface?
bool is_own(const config::Config& config, const lookup::IpAddress& address, std::uint16_t port) {
  const bool listening = std::any_of(config.listeners.begin(), config.listeners.end(),
                                     [port](const config::Listener& each) { return each.port == port; });
  if (!listening) return false;
  if (address.is_loopback()) return true;
  const auto& proxies = config.proxy_interfaces;
  if (std::find(proxies.begin(), proxies.end(), address) != proxies.end()) return true;
  const auto own = interface_addresses();
  return std::find(own.begin(), own.end(), address) != own.end();
}

asio::awaitable<lookup::DnsAnswer> ask_dns(asio::io_context& loop, lookup::Resolver& dns, lookup::DnsType type,
                                           std::string name) {
  Awaited<lookup::DnsAnswer> answer(loop);
  dns.ask(type, name, answer.callback());
  auto value = co_await answer.wait(dns_limit);
  if (value) co_return std::move(*value);
  lookup::DnsAnswer late;
  late.answer = lookup::Answer::unavailable(lookup::Unavailable::timed_out, "no answer");
  co_return late;
}

PeerHosts not_found(const std::string& name, std::string_view type, bool permanent) {
  PeerHosts result;
  result.permanent = permanent;
  result.dsn = permanent ? "5.4.4" : "4.4.3";
  result.text = "Host or domain name not found. Name service error for name=" + name + " type=" + std::string(type) +
                (permanent ? ": Host not found" : ": Host not found, try again");
  return result;
}

struct AddressWish {
  std::string host;
  std::uint16_t port = 25;
  bool secure = true;
};

asio::awaitable<PeerHosts> find_addresses(asio::io_context& loop, lookup::Resolver& dns, AddressWish wish) {
  PeerHosts result;
  if (auto literal = lookup::parse_ip(wish.host)) {
    result.addresses.push_back({wish.host, *literal, wish.port, {}, false});
    co_return result;
  }
  auto v4 = co_await ask_dns(loop, dns, lookup::DnsType::a, wish.host);
  auto v6 = co_await ask_dns(loop, dns, lookup::DnsType::aaaa, wish.host);
  const std::size_t most = std::max(v4.answer.values.size(), v6.answer.values.size());
  const auto add = [&](const lookup::DnsAnswer& answer, std::size_t at) {
    if (!answer.answer.is_found() || at >= answer.answer.values.size()) return;
    if (auto address = lookup::parse_ip(answer.answer.values[at]))
      result.addresses.push_back({wish.host, *address, wish.port, {}, wish.secure && answer.secure, answer.canonical});
  };
  std::shuffle(v4.answer.values.begin(), v4.answer.values.end(), shuffler());
  std::shuffle(v6.answer.values.begin(), v6.answer.values.end(), shuffler());
  for (std::size_t at = 0; at < most; ++at) {
    add(v4, at);
    add(v6, at);
  }
  if (!result.addresses.empty()) co_return result;
  const bool unsure = v4.answer.is_unavailable() || v6.answer.is_unavailable();
  co_return not_found(wish.host, "A", !unsure);
}

/// Adds what `from` found to `into`; the first error stays unless a later one is temporary.
void merge(PeerHosts& into, PeerHosts from) {
  for (PeerAddress& each : from.addresses) into.addresses.push_back(std::move(each));
  if (from.text.empty()) return;
  if (into.text.empty() || (into.permanent && !from.permanent)) {
    into.permanent = from.permanent;
    into.dsn = std::move(from.dsn);
    into.text = std::move(from.text);
  }
}

std::vector<MxHost> parse_mx(const std::vector<std::string>& values) {
  std::vector<MxHost> hosts;
  for (const std::string& value : values) {
    MxHost host;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), host.preference);
    if (error != std::errc{} || end == value.data() + value.size() || *end != ' ') continue;
    host.host.assign(end + 1, value.data() + value.size());
    hosts.push_back(std::move(host));
  }
  std::shuffle(hosts.begin(), hosts.end(), shuffler());
  std::stable_sort(hosts.begin(), hosts.end(),
                   [](const MxHost& a, const MxHost& b) { return a.preference < b.preference; });
  return hosts;
}

asio::awaitable<PeerHosts> find_mx(asio::io_context& loop, lookup::Resolver& dns, const config::Config& config,
                                   std::string domain, std::uint16_t port) {
  auto mx = co_await ask_dns(loop, dns, lookup::DnsType::mx, domain);
  if (mx.answer.is_unavailable()) co_return not_found(domain, "MX", false);
  std::vector<MxHost> hosts;
  if (mx.answer.is_found()) hosts = parse_mx(mx.answer.values);
  if (hosts.empty()) {
    // RFC 5321 5.1: without an MX record the domain itself is the host.
    if (mx.nxdomain) co_return not_found(domain, "MX", true);
    AddressWish wish{domain, port, mx.secure};
    auto implicit = co_await find_addresses(loop, dns, std::move(wish));
    if (!implicit.addresses.empty() && is_own(config, implicit.addresses.front().address, port)) {
      implicit = PeerHosts{{}, true, "5.4.6", "mail for " + domain + " loops back to myself"};
    }
    co_return implicit;
  }
  if (hosts.size() == 1 && (hosts[0].host == "." || hosts[0].host.empty()))
    co_return PeerHosts{{}, true, "5.1.10", "Domain " + domain + " does not accept mail (nullMX)"};
  PeerHosts result;
  const std::string own_name = lookup::ascii_lower(config.hostname);
  bool looped = false;
  for (std::size_t at = 0; at < hosts.size() && result.addresses.size() < address_limit; ++at) {
    AddressWish wish{hosts[at].host, port, mx.secure};
    auto found = co_await find_addresses(loop, dns, std::move(wish));
    bool own = lookup::ascii_lower(hosts[at].host) == own_name;
    for (const PeerAddress& each : found.addresses) own = own || is_own(config, each.address, port);
    if (own) {
      // We are one of the MX hosts: those of our preference and worse would only send the mail back to us.
      const unsigned limit = hosts[at].preference;
      std::erase_if(result.addresses, [&](const PeerAddress& each) {
        return std::any_of(hosts.begin(), hosts.end(),
                           [&](const MxHost& mxh) { return mxh.preference >= limit && mxh.host == each.host; });
      });
      looped = true;
      break;
    }
    merge(result, std::move(found));
  }
  if (result.addresses.empty() && looped) {
    result.permanent = true;
    result.dsn = "5.4.6";
    result.text = "mail for " + domain + " loops back to myself";
  }
  co_return result;
}

}  // namespace

std::string PeerAddress::to_string() const {
  if (!unix_path.empty()) return host + "[" + unix_path + "]";
  return host + "[" + address.to_string() + "]:" + std::to_string(port);
}

HostEntry parse_host_entry(std::string_view text, std::uint16_t default_port) {
  HostEntry entry;
  entry.port = default_port;
  if (text.starts_with("unix:")) {
    entry.unix_path = std::string(text.substr(5));
    return entry;
  }
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    entry.bracketed = true;
    entry.host = std::string(text.substr(1, close == std::string_view::npos ? close : close - 1));
    if (close != std::string_view::npos) rest = text.substr(close + 1);
    if (entry.host.starts_with("IPv6:") || entry.host.starts_with("ipv6:")) entry.host.erase(0, 5);
  } else {
    const std::size_t colon = text.find(':');
    // More than one colon without brackets is an IPv6 address.
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
      entry.host = std::string(text);
    } else {
      entry.host = std::string(text.substr(0, colon));
      if (colon != std::string_view::npos) rest = text.substr(colon);
    }
  }
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    if (error == std::errc{} && end == rest.data() + rest.size() && port != 0)
      entry.port = port;
    else if (rest == "smtp")
      entry.port = 25;
    else if (rest == "lmtp")
      entry.port = 24;
    else if (rest == "submission")
      entry.port = 587;
  }
  return entry;
}

asio::awaitable<PeerHosts> find_peer_hosts(asio::io_context& loop, lookup::Resolver& dns, const config::Config& config,
                                           std::vector<std::string> entries, std::string domain,
                                           std::uint16_t default_port) {
  PeerHosts result;
  for (std::size_t at = 0; at < entries.size() && result.addresses.size() < address_limit; ++at) {
    HostEntry entry = parse_host_entry(entries[at], default_port);
    if (!entry.unix_path.empty()) {
      PeerAddress local;
      local.host = config.hostname;
      local.unix_path = entry.unix_path;
      result.addresses.push_back(std::move(local));
      continue;
    }
    PeerHosts found;
    std::string destination = entries[at];
    bool by_mx = false;
    if (!entry.bracketed && entry.host == "mx") {
      destination = domain;
      if (domain.starts_with('[')) {
        AddressWish wish{parse_host_entry(domain, entry.port).host, entry.port, false};
        found = co_await find_addresses(loop, dns, std::move(wish));
      } else {
        found = co_await find_mx(loop, dns, config, domain, entry.port);
        by_mx = true;
      }
    } else if (entry.bracketed || lookup::parse_ip(entry.host)) {
      AddressWish wish{entry.host, entry.port, true};
      found = co_await find_addresses(loop, dns, std::move(wish));
    } else {
      found = co_await find_mx(loop, dns, config, entry.host, entry.port);
      by_mx = true;
    }
    for (PeerAddress& each : found.addresses) {
      each.destination = destination;
      each.by_mx = by_mx;
    }
    merge(result, std::move(found));
  }
  if (result.addresses.size() > address_limit) result.addresses.resize(address_limit);
  if (result.addresses.empty() && result.text.empty()) {
    result.dsn = "4.3.5";
    result.text = "no host is configured for this route";
  }
  co_return result;
}

}  // namespace gateway
