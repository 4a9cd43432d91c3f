#include <cstdio>
#include <string>
#include <vector>

#include "gateway/cli/help_texts.hpp"
#include "gateway/cli/program_names.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/local/delivery_service.hpp"

namespace {

int usage(std::FILE* to, int code) {
  std::fputs("usage: gatepost VERB [OPTIONS]\n\n", to);
  for (const auto& verb : gateway::cli::verbs())
    std::fprintf(to, "  %-16s %s\n", std::string(verb.name).c_str(), std::string(verb.summary).c_str());
  return code;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values, values + count);
  const auto* program = arguments.empty() ? nullptr : gateway::cli::find_program_name(arguments[0]);
  if (program != nullptr) return program->run(std::span(arguments).subspan(1));
  if (arguments.size() < 2) return usage(stderr, gateway::cli::exit_usage);
  const std::string& name = arguments[1];
  if (name == "help" && arguments.size() == 3) {
    const bool manual = arguments[2] == "--man";
    if (!manual && arguments[2] != "--bash-completion") return usage(stderr, gateway::cli::exit_usage);
    std::fputs((manual ? gateway::cli::manual_page() : gateway::cli::bash_completion()).c_str(), stdout);
    return gateway::cli::exit_done;
  }
  if (name == "help" || name == "--help" || name == "-h") return usage(stdout, gateway::cli::exit_done);
  if (name == "--version" || name == "-V") return gateway::cli::verbs().back().run({});
  if (name == gateway::delivery_service_verb)
    return gateway::cli::run_delivery_service_verb(std::span(arguments).subspan(2));
  for (const auto& verb : gateway::cli::verbs())
    if (verb.name == name) return verb.run(std::span(arguments).subspan(2));
  std::fprintf(stderr, "gatepost: unknown verb \"%s\"\n", name.c_str());
  return usage(stderr, gateway::cli::exit_usage);
}
