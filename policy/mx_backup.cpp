#include <algorithm>

#include "policy/evaluation.hpp"
#include "policy/host_syntax.hpp"
#include "policy/item_words.hpp"

// permit_mx_backup: may we relay because the DNS names us as a mail exchanger of the recipient's domain?

namespace policy {

namespace {

/// DNS work for one recipient is bounded, whatever its domain publishes.
constexpr std::size_t most_exchangers = 20;

struct Exchanger {
  int preference = 0;
  std::string host;
};

std::vector<Exchanger> exchangers_of(const lookup::Answer& mx) {
  std::vector<Exchanger> exchangers;
  for (const auto& record : mx.values) {
    if (exchangers.size() == most_exchangers) break;
    const auto blank = record.find(' ');
    const auto host =
        blank == std::string::npos ? std::string_view(record) : std::string_view(record).substr(blank + 1);
    int preference = 0;
    for (const char c : std::string_view(record).substr(0, blank == std::string::npos ? 0 : blank))
      if (c >= '0' && c <= '9' && preference < 100'000) preference = preference * 10 + (c - '0');
    exchangers.push_back({preference, lookup::ascii_lower(without_final_dot(host))});
  }
  return exchangers;
}

}  // namespace

Evaluation::Addresses Evaluation::addresses_of(const std::string& host) {
  Addresses found;
  for (const auto* answer : {ask(Ask::dns_a, "", host), ask(Ask::dns_aaaa, "", host)}) {
    found.is_open = found.is_open || !answer;
    if (!answer) continue;
    found.is_unavailable = found.is_unavailable || answer->is_unavailable();
    for (const auto& value : answer->values)
      if (const auto address = lookup::parse_ip(value)) found.addresses.push_back(*address);
  }
  return found;
}

Evaluation::Outcome Evaluation::permit_mx_backup() {
  if (!has_recipient_) return Outcome::dunno;
  if (facts_.recipient.domain.empty() || facts_.recipient_class == DomainClass::local) return Outcome::permit;
  if (facts_.recipient_is_routed) return Outcome::dunno;
  if (is_auth_destination() && facts_.recipient_class != DomainClass::relay) return Outcome::permit;
  const std::string name = lookup::ascii_lower(without_final_dot(facts_.recipient.domain));
  if (!is_valid_host_name(name)) return Outcome::dunno;
  const auto* mx = ask(Ask::dns_mx, "", name);
  if (!mx) return Outcome::dunno;
  const auto unknown = [&] {
    return defer_if_reject("4.4.4", Reason::recipient_domain,
                           rejected(Object::recipient, "Unable to look up mail exchanger information"));
  };
  if (mx->is_unavailable()) return unknown();
  // Without MX records the domain's own host takes its mail (RFC 5321 5.1).
  auto exchangers = mx->is_absent() ? std::vector<Exchanger>{{0, name}} : exchangers_of(*mx);
  const auto is_our_name = [&](const Exchanger& exchanger) {
    return std::any_of(settings_.own_names.begin(), settings_.own_names.end(), [&](const std::string& own) {
      return equals_ignoring_case(without_final_dot(own), exchanger.host);
    });
  };
  const auto is_our_address = [&](const lookup::IpAddress& address) {
    const auto& own = settings_.own_addresses;
    return address == facts_.server_address || std::find(own.begin(), own.end(), address) != own.end();
  };
  if (std::none_of(exchangers.begin(), exchangers.end(), is_our_name)) {
    bool is_ours = false, is_open = false, is_unavailable = false;
    for (const auto& exchanger : exchangers) {
      const auto found = addresses_of(exchanger.host);
      is_open = is_open || found.is_open;
      is_unavailable = is_unavailable || found.is_unavailable;
      is_ours = is_ours || std::any_of(found.addresses.begin(), found.addresses.end(), is_our_address);
    }
    if (!is_ours) return is_open || !is_unavailable ? Outcome::dunno : unknown();
  }
  if (settings_.mx_backup_networks.empty()) return Outcome::permit;

  // Anybody can name us in his DNS: the primary ones must all be where mail may go.
  const auto primary = std::min_element(exchangers.begin(), exchangers.end(), [](const auto& a, const auto& b) {
                         return a.preference < b.preference;
                       })->preference;
  bool is_open = false;
  for (const auto& exchanger : exchangers) {
    if (exchanger.preference != primary) continue;
    const auto found = addresses_of(exchanger.host);
    is_open = is_open || found.is_open;
    if (found.is_open) continue;
    if (found.is_unavailable) return unknown();
    const auto is_allowed = [&](const lookup::IpAddress& address) {
      return std::any_of(settings_.mx_backup_networks.begin(), settings_.mx_backup_networks.end(),
                         [&](const lookup::Network& network) { return network.contains(address); });
    };
    if (found.addresses.empty() || !std::all_of(found.addresses.begin(), found.addresses.end(), is_allowed))
      return Outcome::dunno;
  }
  return is_open ? Outcome::dunno : Outcome::permit;
}

}  // namespace policy
