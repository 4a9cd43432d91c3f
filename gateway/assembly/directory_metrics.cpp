#include "gateway/assembly/directory_metrics.hpp"

#include <array>
#include <atomic>
#include <map>
#include <mutex>

namespace gateway {

namespace {

using lookup::Answer;
using lookup::DirectoryQuery;
using lookup::LdapOperation;
using lookup::Source;

constexpr std::string_view results[] = {"notfound", "found", "error"};  // by Answer::Kind
constexpr std::string_view operation_results[] = {
    "success", "unreachable", "timed_out", "rejected_credentials", "malformed", "too_many_results", "misconfigured"};

class DirectoryMetrics final : public lookup::DirectoryObserver {
 public:
  DirectoryMetrics(const config::Directory& directory, Metrics& metrics, Log& log) : name_(directory.name), log_(log) {
    for (std::size_t query = 0; query < lookups_.size(); ++query)
      for (std::size_t source = 0; source < lookups_[query].size(); ++source)
        for (std::size_t result = 0; result < 3; ++result)
          lookups_[query][source][result] =
              metrics.counter("directory_lookups_total", {{"directory", name_},
                                                          {"query", to_string(static_cast<DirectoryQuery>(query))},
                                                          {"source", to_string(static_cast<Source>(source))},
                                                          {"result", results[result]}});
    for (const auto operation : {LdapOperation::bind, LdapOperation::search, LdapOperation::sync}) {
      for (const auto result : operation_results)
        operations_[operation][result] = metrics.counter(
            "ldap_operations_total", {{"directory", name_}, {"operation", to_string(operation)}, {"result", result}});
      durations_[operation] = metrics.histogram("ldap_operation_duration_seconds",
                                                {{"directory", name_}, {"operation", to_string(operation)}});
    }
    cache_entries_ = metrics.gauge("directory_cache_entries", {{"directory", name_}});
    cache_evictions_ = metrics.counter("directory_cache_evictions_total", {{"directory", name_}});
    for (const auto& server : directory.servers)
      if (!server.starts_with("ldif:")) {
        up_[server] = metrics.gauge("ldap_server_up", {{"directory", name_}, {"server", server}});
        connections_[server] = metrics.gauge("ldap_connections", {{"directory", name_}, {"server", server}});
      }
  }

  void looked_up(DirectoryQuery query, Source source, Answer::Kind result) override {
    lookups_[static_cast<std::size_t>(query)][static_cast<std::size_t>(source)][static_cast<std::size_t>(result)].add();
  }

  void operated(LdapOperation operation, std::string_view result, double seconds) override {
    const auto& by_result = operations_[operation];
    if (const auto counter = by_result.find(result); counter != by_result.end()) counter->second.add();
    durations_[operation].observe(seconds);
  }

  void cached(int change, unsigned evicted) override {
    cache_entries_.add(change);
    if (evicted > 0) cache_evictions_.add(evicted);
  }

  void server_changed(std::string_view server, bool up) override {
    const std::lock_guard lock(mutex_);
    const auto gauge = up_.find(server);
    if (gauge == up_.end()) return;
    gauge->second.set(up ? 1 : 0);
    connections_.find(server)->second.add(up ? 1 : -1);
    log_.write(Program::smtpd, up ? Level::info : Level::warning, "directory_server", {},
               fmt::format("directory {}: server {} {}", name_, server, up ? "answers" : "does not answer"));
  }

 private:
  std::string name_;
  Log& log_;
  std::array<std::array<std::array<Counter, 3>, 4>, 4> lookups_;
  std::map<LdapOperation, std::map<std::string_view, Counter>> operations_;
  std::map<LdapOperation, Histogram> durations_;
  Gauge cache_entries_;
  Counter cache_evictions_;
  std::mutex mutex_;
  std::map<std::string, Gauge, std::less<>> up_, connections_;
};

}  // namespace

std::shared_ptr<lookup::DirectoryObserver> make_directory_metrics(const config::Directory& directory, Metrics& metrics,
                                                                  Log& log) {
  return std::make_shared<DirectoryMetrics>(directory, metrics, log);
}

}  // namespace gateway
