#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "gateway/metrics.hpp"

namespace gateway {

/// What became of a message, or of one command, that a filter judged.
enum class FilterResult : std::uint8_t { accept, reject, tempfail, discard, quarantine, error };

/// The counters of one filter, looked up once. Safe from any thread.
struct FilterMetrics {
  FilterMetrics(Metrics& metrics, std::string_view filter) {
    static constexpr std::array<std::string_view, 6> results{"accept",  "reject",     "tempfail",
                                                             "discard", "quarantine", "error"};
    for (std::size_t i = 0; i < results.size(); ++i)
      requests_[i] = metrics.counter("filter_requests_total", {{"filter", filter}, {"result", results[i]}});
    seconds = metrics.histogram("filter_request_duration_seconds", {{"filter", filter}});
  }

  void count(FilterResult result) const { requests_[static_cast<std::size_t>(result)].add(); }

  Histogram seconds;  // from the first header field to the verdict on the message

 private:
  std::array<Counter, 6> requests_;
};

}  // namespace gateway
