#include "gateway/cli/help_texts.hpp"

#include <fmt/format.h>

#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

namespace {

/// The words that follow a verb at once.
struct NextWords {
  std::string_view verb, words;
};
constexpr NextWords next_words[] = {
    {"config", "show schema reference template man"},
    {"directory", "test status sync diff presets"},
    {"queue", "list show cat retry hold release delete expire requeue summary"},
    {"check", "--live --strict"},
    {"explain", "--client --helo --from --to --login --tls --json"},
    {"rejects", "--since --top --json --list --recipient"},
    {"init", "--mx --mailboxes --smarthost --domain"},
};

std::string dashes_for_roff(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '-' ? std::string("\\-") : std::string(1, c);
  return out;
}

}  // namespace

std::string manual_page() {
  std::string page =
      ".TH GATEPOST 8 \"\" Gatepost \"System administration\"\n"
      ".SH NAME\ngatepost \\- mail gateway driven by a directory\n"
      ".SH SYNOPSIS\n\\fBgatepost\\fR \\fIVERB\\fR [\\fB\\-c\\fR \\fIFILE\\fR] [\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\nOne program: the daemon and the commands that check, explain and change what it does. A verb "
      "with wrong arguments prints its usage.\n.SH VERBS\n";
  for (const auto& verb : verbs()) {
    page += fmt::format(".TP\n\\fB{}\\fR", dashes_for_roff(verb.name));
    for (const auto& next : next_words)
      if (next.verb == verb.name) page += fmt::format(" [{}]", dashes_for_roff(next.words));
    page += fmt::format("\n{}.\n", dashes_for_roff(verb.summary));
  }
  return page +
         ".SH SIGNALS\n.TP\nSIGHUP\nread the configuration again; one with an error changes nothing\n"
         ".TP\nSIGUSR1\nopen the log file again\n"
         ".TP\nSIGTERM\nfinish what is in flight, then end\n"
         ".SH EXIT STATUS\n0 done; 1 failed or rejected; 64 usage; 75 temporary failure\n"
         ".SH ENVIRONMENT\n.TP\n\\fBGATEPOST_CONFIG\\fR\nthe configuration file, when \\fB\\-c\\fR is not given\n"
         ".TP\n\\fBCREDENTIALS_DIRECTORY\\fR\nwhere ${credential:NAME} is looked for first\n"
         ".TP\n\\fBNOTIFY_SOCKET\\fR, \\fBLISTEN_FDS\\fR\nreadiness, watchdog and socket activation, as systemd has "
         "them; a socket belongs to the listener whose name is its FileDescriptorName, \"metrics\" to metrics.listen\n"
         ".SH FILES\n.TP\n\\fI/etc/gatepost/gatepost.yaml\\fR\nthe configuration, see gatepost.yaml(5)\n"
         ".TP\n\\fI/var/spool/gatepost\\fR\nthe queue\n"
         ".TP\n\\fI/run/gatepost/control.sock\\fR\nhow the commands reach the daemon\n"
         ".SH SEE ALSO\ngatepost.yaml(5), sendmail(1)\n";
}

std::string bash_completion() {
  std::string names, cases;
  for (const auto& verb : verbs()) names.append(names.empty() ? "" : " ").append(verb.name);
  for (const auto& next : next_words) cases += fmt::format("    {}) words=\"{}\" ;;\n", next.verb, next.words);
  return fmt::format(
      "# Completion of gatepost(8) for bash. Printed by \"gatepost help --bash-completion\".\n"
      "_gatepost() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=\"\"\n"
      "  if [ \"$before\" = -c ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"{} help\"\n"
      "  else case ${{COMP_WORDS[1]}} in\n{}    esac\n"
      "  fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "}}\n"
      "complete -o default -F _gatepost gatepost\n",
      names, cases);
}

}  // namespace gateway::cli
