#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway::cli {

/// Exit codes: done, failed or rejected, usage error, temporary failure (sysexits).
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 64;
inline constexpr int exit_temporary = 75;

/// One verb of the command line ("check", "queue"). `run` gets the arguments behind the verb.
struct Verb {
  std::string_view name;
  std::string_view summary;
  int (*run)(std::span<const std::string> arguments);
};

/// What the daemon starts for itself; not a verb for people.
int run_delivery_service_verb(std::span<const std::string> arguments);

/// All verbs, in the order of the help text. One file of this folder implements each.
std::span<const Verb> verbs();

}  // namespace gateway::cli
