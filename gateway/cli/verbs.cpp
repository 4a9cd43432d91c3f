#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

int run_check(std::span<const std::string> arguments);
int run_config(std::span<const std::string> arguments);
int run_version(std::span<const std::string> arguments);

std::span<const Verb> verbs() {
  static constexpr Verb all[] = {
      {"version", "print the version", run_version},
      {"check", "find what is wrong in the configuration", run_check},
      {"config", "show effective values, the schema, the reference or a template", run_config},
  };
  return all;
}

}  // namespace gateway::cli
