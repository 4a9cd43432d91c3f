#include "gateway/local/program_status.hpp"

#include <sys/wait.h>
#include <sysexits.h>

#include <algorithm>
#include <array>

#include "gateway/delivery/storage_outcome.hpp"

namespace gateway {

namespace {

struct ExitCode {
  int code;
  std::string_view dsn, text;
};

constexpr std::array exit_codes = {
    ExitCode{EX_USAGE, "5.3.0", "command line usage error"},
    ExitCode{EX_DATAERR, "5.6.0", "data format error"},
    ExitCode{EX_NOINPUT, "5.3.0", "cannot open input"},
    ExitCode{EX_NOUSER, "5.1.1", "user unknown"},
    ExitCode{EX_NOHOST, "5.1.2", "host name unknown"},
    ExitCode{EX_UNAVAILABLE, "5.3.0", "service unavailable"},
    ExitCode{EX_SOFTWARE, "5.3.0", "internal software error"},
    ExitCode{EX_OSERR, "4.3.0", "system resource problem"},
    ExitCode{EX_OSFILE, "5.3.0", "critical OS file missing"},
    ExitCode{EX_CANTCREAT, "5.2.0", "can't create user output file"},
    ExitCode{EX_IOERR, "5.3.0", "input/output error"},
    ExitCode{EX_TEMPFAIL, "4.3.0", "temporary failure"},
    ExitCode{EX_PROTOCOL, "5.5.0", "remote error in protocol"},
    ExitCode{EX_NOPERM, "5.7.0", "permission denied"},
    ExitCode{EX_CONFIG, "5.3.5", "local configuration error"},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The length of "5.1.1" at the start of `text`; 0 when there is none.
std::size_t status_length(std::string_view text) {
  if (text.empty() || (text[0] != '2' && text[0] != '4' && text[0] != '5')) return 0;
  std::size_t at = 1;
  for (int part = 0; part < 2; ++part) {
    if (at >= text.size() || text[at] != '.') return 0;
    const std::size_t first = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == first || at - first > 3) return 0;
  }
  return at == text.size() || text[at] == ' ' ? at : 0;
}

/// One line, no control characters, no end of many blanks.
std::string tidy(std::string_view output) {
  std::string text;
  for (const char c : output) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  text.erase(text.find_last_not_of(' ') + 1);
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

std::string with_output(std::string text, const std::string& output) {
  return output.empty() ? text : text + ". Command output: " + output;
}

Outcome by_class(std::string_view dsn, std::string text) {
  return dsn.front() == '4' ? deferred(std::string(dsn), std::move(text)) : failed(std::string(dsn), std::move(text));
}

}  // namespace

Outcome outcome_of_program(int wait_status, std::string_view command, std::string_view output) {
  const std::string said = tidy(output);
  const std::string quoted = ": \"" + std::string(command) + "\"";
  if (WIFSIGNALED(wait_status))
    return deferred("4.3.0",
                    with_output("Command died with signal " + std::to_string(WTERMSIG(wait_status)) + quoted, said));
  const int code = WEXITSTATUS(wait_status);
  if (code == 0) {
    auto outcome = delivered("delivered to command: " + std::string(command));
    return outcome;
  }
  if (const std::size_t length = status_length(said); length > 0 && said[0] != '2') {
    std::string text = said.substr(length);
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    return by_class(said.substr(0, length), text.empty() ? "Command failed" + quoted : text);
  }
  const auto known =
      std::find_if(exit_codes.begin(), exit_codes.end(), [code](const auto& each) { return each.code == code; });
  if (known != exit_codes.end()) return by_class(known->dsn, with_output(std::string(known->text), said));
  return failed("5.3.0", with_output("Command died with status " + std::to_string(code) + quoted, said));
}

Outcome outcome_of_overdue_program(std::string_view command, std::string_view output) {
  return failed("5.3.0", with_output("Command time limit exceeded: \"" + std::string(command) + "\"", tidy(output)));
}

}  // namespace gateway
