#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway::cli {

/// A name under which the binary may be called, as scripts know it from Postfix and sendmail.
struct ProgramName {
  std::string_view name;
  int (*run)(std::span<const std::string> arguments);  // those behind the name
};

/// sendmail, mailq, newaliases, postqueue, postsuper, postmap, postalias, postcat, postconf.
std::span<const ProgramName> program_names();

/// The run function for argv[0], whatever its folder; nullptr for "gatepost" and every other name.
const ProgramName* find_program_name(std::string_view path);

/// Exit codes of sysexits.h that these programs have beside those of the verbs.
inline constexpr int exit_no_user = 67;
inline constexpr int exit_unavailable = 69;

}  // namespace gateway::cli
