#include <cstdio>

#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

int run_version(std::span<const std::string>) {
  std::puts("gatepost " GATEPOST_VERSION);
  return exit_done;
}

}  // namespace gateway::cli
