#include "gateway/assembly/replica_metrics.hpp"

#include <fmt/core.h>

#include <array>
#include <map>

namespace gateway {

namespace {

using lookup::ReplicaState;

class ReplicaMetrics final : public lookup::ReplicaObserver {
 public:
  ReplicaMetrics(const std::string& directory, Metrics& metrics, Log& log) : name_(directory), log_(log) {
    const auto entries = [&](std::string_view kind) {
      return metrics.gauge("directory_replica_entries", {{"directory", name_}, {"kind", kind}});
    };
    const auto changes = [&](std::string_view change) {
      return metrics.counter("directory_replica_changes_total", {{"directory", name_}, {"change", change}});
    };
    people_ = entries("recipient");
    groups_ = entries("group");
    all_ = entries("entry");
    added_ = changes("add");
    modified_ = changes("modify");
    removed_ = changes("delete");
    success_ = metrics.gauge("directory_replica_last_success_timestamp_seconds", {{"directory", name_}});
    for (std::size_t state = 0; state < states_.size(); ++state)
      states_[state] = metrics.gauge("directory_replica_state",
                                     {{"directory", name_}, {"state", to_string(static_cast<ReplicaState>(state))}});
    show(ReplicaState::empty);
    for (const auto* result : {"success", "unreachable", "timed_out", "rejected_credentials", "malformed",
                               "too_many_results", "misconfigured"})
      rounds_[result] =
          metrics.counter("ldap_operations_total", {{"directory", name_}, {"operation", "sync"}, {"result", result}});
    duration_ = metrics.histogram("ldap_operation_duration_seconds", {{"directory", name_}, {"operation", "sync"}});
  }

  void published(std::size_t people, std::size_t groups, const lookup::ReplicaContent::Counts& changes) override {
    people_.set(static_cast<double>(people));
    groups_.set(static_cast<double>(groups));
    all_.set(static_cast<double>(people + groups));
    added_.add(static_cast<double>(changes.added));
    modified_.add(static_cast<double>(changes.modified));
    removed_.add(static_cast<double>(changes.removed));
    total_ = people + groups;
    if (changes.added + changes.modified + changes.removed > 0)
      write(Level::info, fmt::format("{} entries ({} added, {} changed, {} removed)", total_, changes.added,
                                     changes.modified, changes.removed));
  }

  void state_changed(ReplicaState state, const std::string& why) override {
    show(state);
    const bool good = state == ReplicaState::current;
    write(good ? Level::info : Level::warning,
          fmt::format("{} ({} entries){}{}", to_string(state), total_, why.empty() ? "" : ": ", why));
  }

  void succeeded(std::chrono::system_clock::time_point when) override {
    success_.set(static_cast<double>(std::chrono::system_clock::to_time_t(when)));
  }

  void attempted(std::string_view result, double seconds) override {
    if (const auto counter = rounds_.find(result); counter != rounds_.end()) counter->second.add();
    duration_.observe(seconds);
  }

  void noticed(const std::string& text) override { write(Level::warning, text); }

 private:
  void write(Level level, const std::string& text) {
    log_.write(Program::master, level, "directory_replica", {}, fmt::format("directory {}: replica: {}", name_, text));
  }

  void show(ReplicaState state) {
    for (std::size_t each = 0; each < states_.size(); ++each)
      states_[each].set(each == static_cast<std::size_t>(state) ? 1 : 0);
  }

  std::string name_;
  Log& log_;
  Gauge people_, groups_, all_, success_;
  Counter added_, modified_, removed_;
  std::array<Gauge, 4> states_;
  std::map<std::string_view, Counter> rounds_;
  Histogram duration_;
  std::size_t total_ = 0;
};

}  // namespace

std::shared_ptr<lookup::ReplicaObserver> make_replica_metrics(const std::string& directory, Metrics& metrics,
                                                              Log& log) {
  return std::make_shared<ReplicaMetrics>(directory, metrics, log);
}

}  // namespace gateway
