#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

int run_check(std::span<const std::string> arguments);
int run_config(std::span<const std::string> arguments);
int run_directory(std::span<const std::string> arguments);
int run_dnsbl(std::span<const std::string> arguments);
int run_explain(std::span<const std::string> arguments);
int run_import_postfix(std::span<const std::string> arguments);
int run_init(std::span<const std::string> arguments);
int run_lookup(std::span<const std::string> arguments);
int run_rejects(std::span<const std::string> arguments);
int run_reload(std::span<const std::string> arguments);
int run_serve(std::span<const std::string> arguments);
int run_status(std::span<const std::string> arguments);
int run_stop(std::span<const std::string> arguments);
int run_test_mail(std::span<const std::string> arguments);
int run_version(std::span<const std::string> arguments);
int run_queue(std::span<const std::string> arguments);

std::span<const Verb> verbs() {
  static constexpr Verb all[] = {
      {"serve", "run the gateway in the foreground", run_serve},
      {"check", "find what is wrong in the configuration", run_check},
      {"config", "show effective values, the schema, the reference or a template", run_config},
      {"explain", "what a client would be told, and why, item by item", run_explain},
      {"lookup", "ask one map for one key", run_lookup},
      {"directory", "ask a directory about an address, list presets", run_directory},
      {"dnsbl", "which configured lists name an address", run_dnsbl},
      {"status", "how the running daemon is", run_status},
      {"reload", "make the daemon read its configuration again", run_reload},
      {"stop", "stop the daemon when its work is done", run_stop},
      {"queue", "look at the queue and change it", run_queue},
      {"rejects", "who was refused, and why, as the log tells it", run_rejects},
      {"init", "write a first configuration", run_init},
      {"test-mail", "send one message and follow it to its delivery line", run_test_mail},
      {"import-postfix", "write a configuration out of main.cf and master.cf", run_import_postfix},
      {"version", "print the version", run_version},
  };
  return all;
}

}  // namespace gateway::cli
