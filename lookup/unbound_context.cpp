#include "lookup/unbound_context.hpp"

#include <fmt/core.h>
#include <unbound.h>
#include <unistd.h>

#include <charconv>
#include <utility>

#include "lookup/ip_address.hpp"

namespace lookup {

namespace {

// Where Debian's dns-root-data and unbound-anchor keep the key of the root.
constexpr const char* anchors[] = {"/usr/share/dns/root.key", "/var/lib/unbound/root.key"};

constexpr std::pair<const char*, const char*> settings[] = {
    {"do-not-query-localhost:", "no"},  // a resolver on this machine is the usual case
    {"unblock-lan-zones:", "yes"},      // PTR of private addresses
    {"insecure-lan-zones:", "yes"},
    {"qname-minimisation:", "no"},  // DNSBL servers answer badly for the names in between
    {"outgoing-range:", "512"},
    {"num-queries-per-thread:", "1024"},
    {"infra-host-ttl:", "30"},  // a server that was down is tried again soon
    {"cache-max-ttl:", "3600"},
    {"cache-max-negative-ttl:", "3600"},
};

// Answered by libunbound itself unless told otherwise, but served by real servers inside of companies and in tests.
constexpr const char* built_in_zones[] = {"test.", "home.arpa.", "127.in-addr.arpa.",
                                          "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa."};

bool is_readable(const std::string& path) {
  return ::access(path.c_str(), R_OK) == 0;
}

std::string find_anchor(const ResolverOptions& options) {
  if (!options.trust_anchor_file.empty()) return options.trust_anchor_file;
  for (const char* path : anchors) {
    if (is_readable(path)) return path;
  }
  return {};
}

// What libunbound calls an error, as ours. Empty when all is well.
std::string complaint(std::string_view what, int error) {
  return error == UB_NOERROR ? std::string() : fmt::format("DNS: {}: {}", what, ub_strerror(error));
}

std::string set_servers(ub_ctx* unbound, const ResolverOptions& options) {
  if (options.servers.empty()) {
    // Without resolv.conf the resolver of this machine is asked, as resolv.conf(5) says.
    if (ub_ctx_resolvconf(unbound, nullptr) == UB_NOERROR) return {};
    return complaint("127.0.0.1", ub_ctx_set_fwd(unbound, "127.0.0.1"));
  }
  for (const auto& server : options.servers) {
    const std::string forwarder = forwarder_of(server);
    if (forwarder.empty())
      return fmt::format("DNS: \"{}\" is no server: write 192.0.2.1, 192.0.2.1:53 or [::1]:53", server);
    if (const int error = ub_ctx_set_fwd(unbound, forwarder.c_str())) return complaint(server, error);
  }
  return {};
}

std::string set_validation(ub_ctx* unbound, const ResolverOptions& options) {
  const bool wanted =
      options.dnssec == Dnssec::yes ||
      (options.dnssec == Dnssec::automatic && (options.servers.empty() || !options.trust_anchor_file.empty()));
  if (!wanted) return {};
  const std::string anchor = find_anchor(options);
  if (options.dnssec == Dnssec::yes) {
    if (anchor.empty()) return "DNS: dnssec: yes needs the key of the root (Debian: install dns-root-data)";
    return complaint(anchor, ub_ctx_add_ta_file(unbound, anchor.c_str()));
  }
  if (anchor.empty()) return {};
  if (const int error = ub_ctx_set_option(unbound, "val-permissive-mode:", "yes"))
    return complaint("validation", error);
  return complaint(anchor, ub_ctx_add_ta_file(unbound, anchor.c_str()));
}

}  // namespace

void DeleteUnbound::operator()(ub_ctx* unbound) const {
  ub_ctx_delete(unbound);
}

std::string forwarder_of(std::string_view server) {
  std::string_view host = server, port;
  const std::size_t colon = server.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (server.find(':') == colon || (colon > 0 && server.front() == '[' && server[colon - 1] == ']'));
  if (has_port) {
    host = server.substr(0, colon);
    port = server.substr(colon + 1);
  }
  const auto address = parse_ip(host);
  if (!address) return {};
  if (!has_port) return address->to_string();
  int number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || stop != port.data() + port.size() || number < 1 || number > 65535) return {};
  return fmt::format("{}@{}", address->to_string(), number);
}

tl::expected<Unbound, std::string> open_unbound(const ResolverOptions& options) {
  Unbound unbound(ub_ctx_create());
  if (!unbound) return tl::unexpected<std::string>("DNS: libunbound cannot be started");
  ub_ctx_debugout(unbound.get(), nullptr);  // it would write to our standard error
  for (const auto& [name, value] : settings) {
    if (const int error = ub_ctx_set_option(unbound.get(), name, value)) return tl::unexpected(complaint(name, error));
  }
  if (auto error = set_validation(unbound.get(), options); !error.empty()) return tl::unexpected(std::move(error));
  if (auto error = set_servers(unbound.get(), options); !error.empty()) return tl::unexpected(std::move(error));
  if (const int error = ub_ctx_async(unbound.get(), 1)) return tl::unexpected(complaint("threads", error));
  // Last, since it ends the time of settings: every other call would fail after it.
  for (const char* zone : built_in_zones) {
    if (const int error = ub_ctx_zone_remove(unbound.get(), zone)) return tl::unexpected(complaint(zone, error));
  }
  return unbound;
}

}  // namespace lookup
