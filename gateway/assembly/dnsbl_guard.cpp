#include "gateway/assembly/dnsbl_guard.hpp"

namespace gateway {

namespace {

enum class Meaning : std::uint8_t { listing, refusal, nonsense };

Meaning meaning_of(const std::string& value) {
  const auto address = lookup::parse_ip(value);
  if (!address || address->is_v6 || address->bytes[0] != 127) return Meaning::nonsense;
  if (address->bytes[1] == 255 && address->bytes[2] == 255) return Meaning::refusal;
  return Meaning::listing;
}

}  // namespace

DnsblGuard::DnsblGuard(lookup::Resolver& dns, Log& log, Metrics& metrics,
                       const std::vector<std::shared_ptr<const policy::RuleSet>>& rules)
    : dns_(dns), log_(log), metrics_(metrics) {
  for (const auto& set : rules)
    if (set)
      for (const auto& use : set->dnsbl_zones()) list(use.zone);
}

DnsblGuard::List& DnsblGuard::list(const std::string& zone) {
  const auto known = lists_.find(zone);
  if (known != lists_.end()) return known->second;
  List counters;
  counters.listed = metrics_.counter("dnsbl_lookups_total", {{"list", zone}, {"result", "listed"}});
  counters.clean = metrics_.counter("dnsbl_lookups_total", {{"list", zone}, {"result", "clean"}});
  counters.error = metrics_.counter("dnsbl_lookups_total", {{"list", zone}, {"result", "error"}});
  return lists_.emplace(zone, counters).first->second;
}

void DnsblGuard::ask(const std::string& zone, std::string_view name, std::function<void(lookup::Answer)> done) {
  auto& counters = list(zone);
  dns_.ask(lookup::DnsType::a, name, [this, &counters, zone, done = std::move(done)](const lookup::DnsAnswer& answer) {
    if (answer.answer.is_unavailable()) {
      counters.error.add();
      done(answer.answer);
      return;
    }
    lookup::Answer result;
    std::string strange;
    for (const auto& value : answer.answer.values) {
      if (meaning_of(value) == Meaning::listing)
        result.values.push_back(value);
      else
        strange = value;
    }
    if (!result.values.empty()) {
      result.kind = lookup::Answer::Kind::found;
      counters.listed.add();
      counters.complained = false;
    } else if (strange.empty()) {
      counters.clean.add();
    } else {
      counters.error.add();
      // Once for each spell of trouble: a list that refuses us does so for every client.
      if (!std::exchange(counters.complained, true))
        log_.warning(Program::smtpd, "DNS list " + zone + " answers " + strange +
                                         ", which is an error code and not a listing: such answers are ignored");
      result = lookup::Answer::unavailable(lookup::Unavailable::malformed, zone + " answers " + strange);
    }
    done(std::move(result));
  });
}

}  // namespace gateway
