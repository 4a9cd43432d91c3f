#include "gateway/assembly/resolver_settings.hpp"

namespace gateway {

namespace {

bool wants_dane(const config::Config& config) {
  for (const auto& route : config.routes)
    if (route.tls.level == config::TlsLevel::dane || route.tls.level == config::TlsLevel::dane_only) return true;
  return false;
}

}  // namespace

lookup::ResolverOptions resolver_options(const config::Config& config) {
  const config::Dns& dns = config.dns;
  lookup::ResolverOptions options;
  options.servers = dns.servers;
  options.timeout = dns.timeout;
  options.hosts_file = dns.hosts_file;
  options.trust_anchor_file = dns.trust_anchor_file;
  options.dnssec = dns.dnssec == "yes"  ? lookup::Dnssec::yes
                   : dns.dnssec == "no" ? lookup::Dnssec::no
                                        : lookup::Dnssec::automatic;
  // Where answers that fail their signatures pass, as auto has it, TLSA records could be hidden from us.
  const bool signatures_can_be_had = dns.servers.empty() || !dns.trust_anchor_file.empty();
  if (options.dnssec == lookup::Dnssec::automatic && wants_dane(config) && signatures_can_be_had)
    options.dnssec = lookup::Dnssec::yes;
  return options;
}

}  // namespace gateway
