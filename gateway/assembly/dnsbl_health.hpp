#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/assembly/list_check.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "lookup/dns.hpp"
#include "policy/rule_set.hpp"

namespace asio {
class io_context;
}

namespace gateway {

/// What all loops know of one DNS list. Safe from any thread; reading costs one atomic load.
class ListHealth {
 public:
  bool is_off() const { return !is_usable(state_.load(std::memory_order_relaxed)); }
  ListState state() const { return state_.load(std::memory_order_relaxed); }

  /// Each answer to a question asked for mail is noted. Ten errors in a row switch the list off.
  void note_answer() {
    if (errors_.load(std::memory_order_relaxed) != 0) errors_.store(0, std::memory_order_relaxed);
  }
  void note_error(const std::string& detail);

 private:
  friend class DnsblHealth;
  std::atomic<ListState> state_{ListState::good};
  std::atomic<unsigned> errors_{0};
  std::function<void(const std::string& detail)> too_many_errors_;
};

/// How long until the test entries are asked again.
struct ListCheckTimes {
  std::chrono::milliseconds good{600'000};
  std::chrono::milliseconds off_first{5'000}, off_most{60'000};  // doubled from one to the other while it is off
};

/// Guards DNS lists: asks their test entries at the start and every ten minutes (a list that is off: after seconds at
/// first, then every minute), and switches off what lists everybody, refuses to answer or is dead. One for the
/// process; it and the lists outlive reloads.
class DnsblHealth {
 public:
  struct Parts {
    asio::io_context& loop;  // where the test entries are asked
    std::shared_ptr<lookup::Resolver> dns;
    Log& log;
    Metrics& metrics;
  };

  explicit DnsblHealth(Parts parts, ListCheckTimes times = {});
  ~DnsblHealth();
  DnsblHealth(const DnsblHealth&) = delete;
  DnsblHealth& operator=(const DnsblHealth&) = delete;

  /// The lists of a configuration: new ones are checked at once, those that it lacks no more. From any thread.
  void watch(const std::vector<std::shared_ptr<const policy::RuleSet>>& rules);

  /// Never null. A list that nobody watches is good. From any thread.
  std::shared_ptr<ListHealth> list(const std::string& zone);

 private:
  struct Guardian;
  std::shared_ptr<Guardian> guardian_;
};

/// The lists that the rules name, and what they are asked for.
std::map<std::string, ListSubjects> lists_of(const std::vector<std::shared_ptr<const policy::RuleSet>>& rules);

}  // namespace gateway
