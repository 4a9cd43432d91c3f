#include <cstdio>

#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/server.hpp"

namespace gateway::cli {

int run_serve(std::span<const std::string> arguments) {
  const auto options = parse_config_option(arguments);
  if (!options || !options->rest.empty()) {
    std::fputs("usage: gatepost serve [-c FILE]\n", stderr);
    return exit_usage;
  }
  return run_server(options->config_path);
}

}  // namespace gateway::cli
