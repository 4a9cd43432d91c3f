#include "gateway/assembly/resolver_settings.hpp"

namespace gateway {

lookup::ResolverOptions resolver_options(const config::Dns& dns) {
  lookup::ResolverOptions options;
  options.servers = dns.servers;
  options.timeout = dns.timeout;
  options.hosts_file = dns.hosts_file;
  options.dnssec = dns.dnssec == "yes"  ? lookup::Dnssec::yes
                   : dns.dnssec == "no" ? lookup::Dnssec::no
                                        : lookup::Dnssec::automatic;
  return options;
}

}  // namespace gateway
