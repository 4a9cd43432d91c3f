#include <cstdio>
#include <cstdlib>

#include "tests/bench/hot_paths.hpp"

/// Calls one hot path so many times: what tests/bench/instructions.py counts. usage: hot_path_calls NAME CALLS
int main(int count, char** words) {
  if (count != 3) return 64;
  for (const auto& path : bench::hot_paths()) {
    if (path.name != words[1]) continue;
    const auto call = path.make();
    for (long left = std::strtol(words[2], nullptr, 10); left > 0; --left) call();
    return 0;
  }
  std::fprintf(stderr, "no hot path is called %s\n", words[1]);
  return 64;
}
