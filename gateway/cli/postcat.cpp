#include <cstdio>

#include "gateway/cli/program_names.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/short_options.hpp"
#include "gateway/cli/verbs.hpp"

/// `postcat -q ID`: a message of the queue with its envelope.
namespace gateway::cli {

int run_postcat(std::span<const std::string> arguments) {
  const auto given = parse_short_options("postcat", "bc:dehoqrs:v", arguments);
  if (!given || given->rest.empty()) {
    std::fputs("usage: postcat [-c FILE] [-e | -b | -h] -q ID...\n", stderr);
    return exit_usage;
  }
  if (!given->has('q')) return complain("name messages by their queue IDs, with -q", exit_usage);
  const bool all = !given->has('e') && !given->has('b') && !given->has('h');
  int code = exit_done;
  for (const auto& name : given->rest) {
    QueueOptions options;
    options.config_file = given->value('c');
    const auto id = parse_message_id(name);
    if (!id) return complain("\"" + name + "\" is not a queue ID", exit_usage);
    options.filter.ids = {*id};
    if (all || given->has('e')) {
      std::printf("*** ENVELOPE RECORDS %s ***\n", name.c_str());
      std::fflush(stdout);
      if (const int failed = queue_show(options); failed != exit_done) return failed;
    }
    if (all || given->has('b') || given->has('h')) {
      if (all) std::printf("*** MESSAGE CONTENTS %s ***\n", name.c_str());
      std::fflush(stdout);
      if (const int failed = queue_cat(options); failed != exit_done) code = failed;
    }
    if (all) std::printf("*** MESSAGE FILE END %s ***\n", name.c_str());
  }
  return code;
}

}  // namespace gateway::cli
