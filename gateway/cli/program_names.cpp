#include "gateway/cli/program_names.hpp"

namespace gateway::cli {

int run_mailq(std::span<const std::string> arguments);
int run_newaliases(std::span<const std::string> arguments);
int run_postcat(std::span<const std::string> arguments);
int run_postconf(std::span<const std::string> arguments);
int run_postmap(std::span<const std::string> arguments);
int run_postqueue(std::span<const std::string> arguments);
int run_postsuper(std::span<const std::string> arguments);
int run_sendmail(std::span<const std::string> arguments);

std::span<const ProgramName> program_names() {
  static constexpr ProgramName all[] = {
      {"sendmail", run_sendmail},   {"mailq", run_mailq},       {"newaliases", run_newaliases},
      {"postmap", run_postmap},     {"postalias", run_postmap}, {"postqueue", run_postqueue},
      {"postsuper", run_postsuper}, {"postcat", run_postcat},   {"postconf", run_postconf},
  };
  return all;
}

const ProgramName* find_program_name(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  for (const auto& program : program_names())
    if (program.name == path) return &program;
  return nullptr;
}

}  // namespace gateway::cli
