#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// A counter whose place in the registry is known: incrementing costs nanoseconds. Null-safe; copies are cheap.
class Counter {
 public:
  Counter() = default;
  explicit Counter(void* counter) : counter_(counter) {}
  void add(double amount = 1) const;

 private:
  void* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(void* gauge) : gauge_(gauge) {}
  void set(double value) const;
  void add(double amount) const;

 private:
  void* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(void* histogram) : histogram_(histogram) {}
  void observe(double value) const;

 private:
  void* histogram_ = nullptr;
};

/// The Prometheus registry behind a narrow door: names without the prefix "gatepost_", labels as name/value pairs.
///
/// Ask for a series once and keep it: look-up takes a lock, use does not. Safe from any thread. Labels are configured
/// names or closed enumerations, never an address, IP, domain or ID. Help texts stand in one table in metrics.cpp.
class Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(std::string_view name, Labels labels = {});
  Gauge gauge(std::string_view name, Labels labels = {});
  Histogram histogram(std::string_view name, Labels labels = {});

  /// A gauge computed when it is scraped.
  void on_scrape(std::function<void()> refresh);

  /// The text exposition format 0.0.4: the whole catalogue, also what this configuration has no series of.
  std::string expose() const;

  /// Computes the gauges of on_scrape().
  void refresh() const;

  /// The sum of the series that have these labels; for pages and history, not for the hot path.
  double total(std::string_view name, Labels where = {}) const;

  /// The sum of such histograms; buckets are pairs of upper bound and cumulative count, the last one is infinite.
  struct Distribution {
    double sum = 0;
    std::uint64_t count = 0;
    std::vector<std::pair<double, std::uint64_t>> buckets;
  };
  Distribution distribution(std::string_view name, Labels where = {}) const;

 private:
  struct Registry;
  std::unique_ptr<Registry> registry_;
};

}  // namespace gateway
