#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gateway {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

/// One metric of the public list: name without the prefix, help text, and buckets for histograms.
struct MetricDefinition {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
  std::span<const double> buckets{};
};

/// Every metric Gatepost exports; docs/metrics.md lists the same names.
std::span<const MetricDefinition> metric_catalogue();

}  // namespace gateway
