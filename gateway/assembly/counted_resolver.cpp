#include "gateway/assembly/counted_resolver.hpp"

#include <array>

namespace gateway {

namespace {

using lookup::DnsAnswer;
using lookup::DnsType;
using Clock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 4> results{"ok", "nxdomain", "servfail", "timeout"};
constexpr std::size_t types = static_cast<std::size_t>(DnsType::cname) + 1;

std::size_t result_of(const DnsAnswer& answer) {
  if (answer.answer.is_unavailable()) return answer.answer.reason == lookup::Unavailable::timed_out ? 3 : 2;
  return answer.nxdomain ? 1 : 0;
}

class CountedResolver final : public lookup::Resolver {
 public:
  CountedResolver(std::shared_ptr<lookup::Resolver> resolver, Metrics& metrics)
      : resolver_(std::move(resolver)), series_(std::make_shared<Series>()) {
    for (std::size_t type = 0; type < types; ++type) {
      const auto name = to_string(static_cast<DnsType>(type));
      for (std::size_t result = 0; result < results.size(); ++result)
        series_->questions[type][result] =
            metrics.counter("dns_queries_total", {{"type", name}, {"result", results[result]}});
      series_->seconds[type] = metrics.histogram("dns_query_duration_seconds", {{"type", name}});
    }
  }

  void ask(DnsType type, std::string_view name, Done done) override {
    ++series_->asking;
    resolver_->ask(type, name,
                   [series = series_, type, start = Clock::now(), done = std::move(done)](const DnsAnswer& answer) {
                     if (series->asking == 0) series->count(type, answer, Clock::now() - start);
                     done(answer);
                   });
    --series_->asking;
  }

 private:
  // Outlives the resolver while an answer is under way.
  struct Series {
    std::array<std::array<Counter, results.size()>, types> questions;
    std::array<Histogram, types> seconds;
    unsigned asking = 0;  // above 0: ask() has not returned, so the answer was known already

    void count(DnsType type, const DnsAnswer& answer, Clock::duration took) {
      questions[static_cast<std::size_t>(type)][result_of(answer)].add();
      seconds[static_cast<std::size_t>(type)].observe(std::chrono::duration<double>(took).count());
    }
  };

  std::shared_ptr<lookup::Resolver> resolver_;
  std::shared_ptr<Series> series_;
};

}  // namespace

std::shared_ptr<lookup::Resolver> count_questions(std::shared_ptr<lookup::Resolver> resolver, Metrics& metrics) {
  return std::make_shared<CountedResolver>(std::move(resolver), metrics);
}

}  // namespace gateway
