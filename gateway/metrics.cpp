#include "gateway/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "gateway/metrics_catalogue.hpp"

namespace gateway {

void Counter::add(double amount) const {
  if (counter_ != nullptr) static_cast<prometheus::Counter*>(counter_)->Increment(amount);
}

void Gauge::set(double value) const {
  if (gauge_ != nullptr) static_cast<prometheus::Gauge*>(gauge_)->Set(value);
}

void Gauge::add(double amount) const {
  if (gauge_ != nullptr) static_cast<prometheus::Gauge*>(gauge_)->Increment(amount);
}

void Histogram::observe(double value) const {
  if (histogram_ != nullptr) static_cast<prometheus::Histogram*>(histogram_)->Observe(value);
}

struct Metrics::Registry {
  struct Family {
    prometheus::Family<prometheus::Counter>* counter = nullptr;
    prometheus::Family<prometheus::Gauge>* gauge = nullptr;
    prometheus::Family<prometheus::Histogram>* histogram = nullptr;
    const MetricDefinition* definition = nullptr;
  };

  prometheus::Registry registry;
  std::unordered_map<std::string_view, Family> families;
  mutable std::mutex mutex;
  std::vector<std::function<void()>> refreshers;

  std::vector<prometheus::ClientMetric> series(std::string_view name) const {
    const auto found = families.find(name);
    if (found == families.end()) return {};
    const auto collect = [](const auto* family) {
      auto collected = family->Collect();
      return collected.empty() ? std::vector<prometheus::ClientMetric>{} : std::move(collected.front().metric);
    };
    const Family& family = found->second;
    if (family.counter != nullptr) return collect(family.counter);
    if (family.gauge != nullptr) return collect(family.gauge);
    return collect(family.histogram);
  }

  // A name outside the catalogue is a mistake in the program, found by the first test that runs the line.
  const Family& family(std::string_view name, MetricKind kind) const {
    const auto found = families.find(name);
    if (found == families.end() || found->second.definition->kind != kind) {
      std::fprintf(stderr, "gatepost: metric %.*s is not in the catalogue\n", static_cast<int>(name.size()),
                   name.data());
      std::abort();
    }
    return found->second;
  }
};

namespace {

prometheus::Labels to_labels(Metrics::Labels labels) {
  prometheus::Labels result;
  for (const auto& [name, value] : labels) result.emplace(std::string(name), std::string(value));
  return result;
}

bool has_labels(const prometheus::ClientMetric& series, Metrics::Labels wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
    return std::any_of(series.label.begin(), series.label.end(),
                       [&](const auto& label) { return label.name == pair.first && label.value == pair.second; });
  });
}

std::string_view word_of(MetricKind kind) {
  return kind == MetricKind::counter ? "counter" : kind == MetricKind::gauge ? "gauge" : "histogram";
}

}  // namespace

Metrics::Metrics() : registry_(std::make_unique<Registry>()) {
  for (const auto& definition : metric_catalogue()) {
    Registry::Family family;
    family.definition = &definition;
    const std::string name = "gatepost_" + std::string(definition.name);
    const std::string help(definition.help);
    switch (definition.kind) {
      case MetricKind::counter:
        family.counter = &prometheus::BuildCounter().Name(name).Help(help).Register(registry_->registry);
        break;
      case MetricKind::gauge:
        family.gauge = &prometheus::BuildGauge().Name(name).Help(help).Register(registry_->registry);
        break;
      case MetricKind::histogram:
        family.histogram = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry_->registry);
        break;
    }
    registry_->families.emplace(definition.name, family);
  }
}

Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, Labels labels) {
  return Counter(&registry_->family(name, MetricKind::counter).counter->Add(to_labels(labels)));
}

Gauge Metrics::gauge(std::string_view name, Labels labels) {
  return Gauge(&registry_->family(name, MetricKind::gauge).gauge->Add(to_labels(labels)));
}

Histogram Metrics::histogram(std::string_view name, Labels labels) {
  const auto& family = registry_->family(name, MetricKind::histogram);
  const auto& buckets = family.definition->buckets;
  return Histogram(&family.histogram->Add(to_labels(labels),
                                          prometheus::Histogram::BucketBoundaries(buckets.begin(), buckets.end())));
}

void Metrics::on_scrape(std::function<void()> refresh) {
  const std::lock_guard lock(registry_->mutex);
  registry_->refreshers.push_back(std::move(refresh));
}

void Metrics::refresh() const {
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(registry_->mutex);
    refreshers = registry_->refreshers;
  }
  for (const auto& each : refreshers) each();
}

std::string Metrics::expose() const {
  refresh();
  const auto families = registry_->registry.Collect();
  std::unordered_set<std::string_view> present;
  for (const auto& family : families) present.insert(family.name);
  std::string text = prometheus::TextSerializer().Serialize(families);
  for (const auto& definition : metric_catalogue()) {
    const std::string name = "gatepost_" + std::string(definition.name);
    if (present.contains(name)) continue;
    text += "# HELP " + name + " " + std::string(definition.help) + "\n";
    text += "# TYPE " + name + " " + std::string(word_of(definition.kind)) + "\n";
  }
  return text;
}

double Metrics::total(std::string_view name, Labels where) const {
  double sum = 0;
  for (const auto& series : registry_->series(name))
    if (has_labels(series, where)) sum += series.counter.value + series.gauge.value;
  return sum;
}

Metrics::Distribution Metrics::distribution(std::string_view name, Labels where) const {
  Distribution all;
  for (const auto& series : registry_->series(name)) {
    if (!has_labels(series, where)) continue;
    all.sum += series.histogram.sample_sum;
    all.count += series.histogram.sample_count;
    const auto& buckets = series.histogram.bucket;
    if (all.buckets.empty()) all.buckets.resize(buckets.size());
    for (std::size_t i = 0; i < std::min(buckets.size(), all.buckets.size()); ++i) {
      all.buckets[i].first = buckets[i].upper_bound;
      all.buckets[i].second += buckets[i].cumulative_count;
    }
  }
  return all;
}

}  // namespace gateway
