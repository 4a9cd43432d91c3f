#include <chrono>
#include <cstdio>
#include <thread>

#include "gateway/admin/control_socket.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"

/// The verbs that talk to the running daemon: reload, stop, status.
namespace gateway::cli {

namespace {

/// Where the daemon listens. A reload must work with a broken file too: then the place is not known from it.
std::optional<std::string> control_path(const Options& options) {
  if (options.has("socket")) return options.value("socket");
  std::vector<config::Finding> findings;
  const auto config = config::read_config(options.config_path, findings, config::Secrets::unread);
  if (config) return (*config)->control.socket;
  for (const auto& finding : config.error()) std::fprintf(stderr, "%s\n", to_string(finding).c_str());
  std::fprintf(stderr, "gatepost: the configuration cannot be read; name the daemon with --socket PATH\n");
  return std::nullopt;
}

int ask(std::span<const std::string> arguments, const std::string& verb, const std::string& usage) {
  const auto options =
      parse_options(arguments, {"socket"}, verb == "status" ? std::set<std::string>{"json"} : std::set<std::string>{});
  if (!options || !options->rest.empty()) {
    std::fprintf(stderr, "usage: gatepost %s\n", usage.c_str());
    return exit_usage;
  }
  const auto path = control_path(*options);
  if (!path) return exit_failed;
  ControlRequest request{{verb}};
  if (options->has("json")) request.words.emplace_back("json");
  const auto answer = ask_daemon(*path, request);
  if (!answer) {
    std::fprintf(stderr, "gatepost: %s\n", answer.error().c_str());
    return exit_failed;
  }
  std::fputs(answer->text.c_str(), answer->exit_code == 0 ? stdout : stderr);
  if (verb != "stop") return answer->exit_code;
  // The daemon finishes what is in flight; wait until it is gone.
  for (int tries = 0; tries < 700; ++tries) {
    if (!ask_daemon(*path, {{"status"}}, 5)) return exit_done;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::fputs("gatepost: the daemon is still finishing its work\n", stderr);
  return exit_temporary;
}

}  // namespace

int run_reload(std::span<const std::string> arguments) {
  return ask(arguments, "reload", "reload [-c FILE] [--socket PATH]");
}

int run_stop(std::span<const std::string> arguments) {
  return ask(arguments, "stop", "stop [-c FILE] [--socket PATH]");
}

int run_status(std::span<const std::string> arguments) {
  return ask(arguments, "status", "status [-c FILE] [--socket PATH] [--json]");
}

}  // namespace gateway::cli
