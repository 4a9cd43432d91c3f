#include <benchmark/benchmark.h>

#include "tests/bench/hot_paths.hpp"

/// The hot paths one by one, in time. usage: micro_bench [--benchmark_filter=NAME]
int main(int argc, char** argv) {
  for (const auto& path : bench::hot_paths())
    benchmark::RegisterBenchmark(path.name.c_str(), [&path](benchmark::State& state) {
      const auto call = path.make();
      for (auto _ : state) call();
    });
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
