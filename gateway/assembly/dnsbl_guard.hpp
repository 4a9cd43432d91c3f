#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/assembly/dnsbl_health.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "lookup/dns.hpp"
#include "policy/rule_set.hpp"

namespace gateway {

/// Asks DNS lists and keeps their errors away from the mail: an answer outside 127.0.0.0/8, or in 127.255.255.0/24
/// (how list operators say "you may not ask"), is no listing. A list that is switched off is not asked. Counts what
/// each list says. Belongs to one loop.
class DnsblGuard {
 public:
  /// `rules` name the lists, so that their series exist from the start. Without `health` all lists are asked.
  DnsblGuard(lookup::Resolver& dns, Log& log, Metrics& metrics,
             const std::vector<std::shared_ptr<const policy::RuleSet>>& rules, DnsblHealth* health);

  /// `name` is the whole name to ask ("2.0.0.127.zen.example"). Found holds the addresses that count.
  void ask(const std::string& zone, std::string_view name, std::function<void(lookup::Answer)> done);

 private:
  struct List {
    Counter listed, clean, error;
    std::shared_ptr<ListHealth> health;  // null: not guarded
    bool complained = false;
  };
  List& list(const std::string& zone);

  lookup::Resolver& dns_;
  Log& log_;
  Metrics& metrics_;
  DnsblHealth* health_;
  std::map<std::string, List> lists_;
};

}  // namespace gateway
