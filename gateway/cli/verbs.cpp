#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

int run_version(std::span<const std::string> arguments);
int run_queue(std::span<const std::string> arguments);

std::span<const Verb> verbs() {
  static constexpr Verb all[] = {
      {"version", "print the version", run_version},
      {"queue", "look at the queue and change it", run_queue},
  };
  return all;
}

}  // namespace gateway::cli
