#include "gateway/assembly/dnsbl_guard.hpp"

namespace gateway {

DnsblGuard::DnsblGuard(lookup::Resolver& dns, Log& log, Metrics& metrics,
                       const std::vector<std::shared_ptr<const policy::RuleSet>>& rules, DnsblHealth* health)
    : dns_(dns), log_(log), metrics_(metrics), health_(health) {
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
  if (health_ != nullptr) counters.health = health_->list(zone);
  return lists_.emplace(zone, counters).first->second;
}

void DnsblGuard::ask(const std::string& zone, std::string_view name, std::function<void(lookup::Answer)> done) {
  auto& counters = list(zone);
  if (counters.health && counters.health->is_off()) {
    done(lookup::Answer::unavailable(lookup::Unavailable::unreachable, zone + " is switched off"));
    return;
  }
  dns_.ask(lookup::DnsType::a, name, [this, &counters, zone, done = std::move(done)](const lookup::DnsAnswer& answer) {
    if (answer.answer.is_unavailable()) {
      counters.error.add();
      if (counters.health) counters.health->note_error(answer.answer.detail);
      done(answer.answer);
      return;
    }
    lookup::Answer result;
    std::string strange;
    for (const auto& value : answer.answer.values) {
      if (list_word(value) == ListWord::listing)
        result.values.push_back(value);
      else
        strange = value;
    }
    if (counters.health) {
      if (result.values.empty() && !strange.empty())
        counters.health->note_error("it answers " + strange);
      else
        counters.health->note_answer();
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
