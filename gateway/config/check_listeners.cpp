#include <fmt/format.h>

#include "gateway/config/check_config.hpp"
#include "gateway/config/check_maps.hpp"

namespace gateway::config {
namespace {

bool share_an_address(const Listener& a, const Listener& b) {
  for (const auto& x : a.address)
    for (const auto& y : b.address) {
      const auto p = lookup::parse_ip(x), q = lookup::parse_ip(y);
      if (p && q && *p == *q) return true;
      const auto is_any = [](const lookup::IpAddress& ip) {
        return std::all_of(ip.bytes.begin(), ip.bytes.end(), [](auto octet) { return octet == 0; });
      };
      if (p && q && p->is_v6 == q->is_v6 && (is_any(*p) || is_any(*q))) return true;
    }
  return false;
}

}  // namespace

namespace {

void check_web_server(const Config& config, std::vector<Finding>& findings) {
  const Metrics& web = config.metrics;
  const auto add = [&](Severity severity, const char* key, std::string text) {
    findings.push_back({severity, place_of(config, key), std::move(text)});
  };
  if (web.user.empty() != web.password.empty())
    add(Severity::error, "metrics.auth", "metrics.auth needs both user and password");
  if (web.actions && web.user.empty())
    add(Severity::error, "metrics.actions", "metrics.actions lets the status page change the queue: set metrics.auth");
  if (web.cert.empty() && !web.key.empty())
    add(Severity::error, "metrics.tls.key", "metrics.tls.key is set, but metrics.tls.cert is not");
  const bool is_open = web.listen.find(':') != std::string::npos && !web.listen.starts_with("127.") &&
                       !web.listen.starts_with("[::1]") && !web.listen.starts_with("::1");
  if (is_open && web.user.empty())
    add(Severity::warning, "metrics.listen",
        "metrics and the status page can be read by anybody who reaches " + web.listen + ": set metrics.auth");
  else if (is_open && web.cert.empty())
    add(Severity::warning, "metrics.listen",
        "the login of metrics.auth crosses the network to " + web.listen + " in clear: set metrics.tls");
}

}  // namespace

void check_listeners(const Config& config, std::vector<Finding>& findings) {
  check_web_server(config, findings);
  const auto error = [&](const std::string& path, std::string text) {
    findings.push_back({Severity::error, place_of(config, path), std::move(text)});
  };
  std::vector<std::string> sets;
  for (const auto& set : config.restrictions)
    if (!set.name.empty()) sets.push_back(set.name);
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const Listener& listener = config.listeners[i];
    const std::string path = "listeners." + listener.name;
    const auto fail = [&](const char* key, std::string text) {
      const Place place = place_of(config, path + "." + key);
      findings.push_back({Severity::error, place.line != 0 ? place : listener.place, std::move(text)});
    };
    if (listener.address.empty()) fail("address", fmt::format("listener \"{}\" has no address", listener.name));
    for (const auto& address : listener.address)
      if (!lookup::parse_ip(address)) fail("address", fmt::format("\"{}\" is not an IP address", address));
    if (!listener.restrictions.empty())
      check_name("restriction set", listener.restrictions, sets, place_of(config, path + ".restrictions"), findings);
    if ((listener.tls == ListenerTls::required || listener.tls == ListenerTls::wrapper) &&
        config.tls.certificates.empty())
      fail("tls", fmt::format("listener \"{}\" speaks TLS, but tls.certificates is empty", listener.name));
    if (listener.auth != ListenerAuth::no && config.sasl.backend.empty())
      fail("auth", fmt::format("listener \"{}\" offers AUTH, but sasl.backend is not set", listener.name));
    if (listener.auth != ListenerAuth::no && listener.tls == ListenerTls::none && config.sasl.require_tls)
      fail("auth",
           fmt::format("listener \"{}\" can never offer AUTH: sasl.require_tls is on and tls is none", listener.name));
    for (std::size_t j = 0; j < i; ++j) {
      const Listener& other = config.listeners[j];
      if (other.name == listener.name)
        findings.push_back(
            {Severity::error, listener.place,
             fmt::format("a second listener \"{}\"; the first stands in line {}", listener.name, other.place.line)});
      else if (listener.port != 0 && other.port == listener.port && share_an_address(other, listener))
        fail("port", fmt::format("listener \"{}\" and listener \"{}\" want the same address and port {}", other.name,
                                 listener.name, listener.port));
    }
  }
  if (config.metrics.listen.empty()) return;
  const auto colon = config.metrics.listen.rfind(':');
  const bool has_port = colon != std::string::npos && colon + 1 < config.metrics.listen.size() &&
                        config.metrics.listen.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  if (!has_port || !lookup::parse_ip(config.metrics.listen.substr(0, colon)))
    error("metrics.listen", fmt::format("\"{}\" is not ADDRESS:PORT, like 127.0.0.1:9925", config.metrics.listen));
}

}  // namespace gateway::config
