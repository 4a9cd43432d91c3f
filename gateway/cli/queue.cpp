#include <cstdio>
#include <string>

#include "gateway/cli/queue_change.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

namespace {

constexpr const char* usage_text =
    "usage: gatepost queue list|summary [--json] [ID... | FILTER]\n"
    "       gatepost queue show|cat ID... [--json]\n"
    "       gatepost queue retry|hold|release|delete|expire|requeue [--dry-run] ID... | FILTER | --all\n"
    "\n"
    "  FILTER            any of the following, all of which must hold\n"
    "  --sender A        envelope sender: a@b, @b, or <>\n"
    "  --recipient A     a waiting recipient: a@b or @b\n"
    "  --domain D        domain of a waiting recipient\n"
    "  --route NAME      route of a waiting recipient\n"
    "  --reason TEXT     part of the last reply\n"
    "  --older-than AGE  90s, 5m, 3h, 2d\n"
    "  --state STATE     queued, deferred, hold or corrupt\n"
    "\n"
    "  -c FILE           configuration file\n"
    "  --directory DIR   the queue directory, instead of the configuration's\n";

}  // namespace

int complain(std::string_view sentence, int code) {
  std::fprintf(stderr, "gatepost queue: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  return code;
}

int run_queue(std::span<const std::string> arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help"))
    return std::fputs(usage_text, stdout), exit_done;
  if (arguments.empty()) return std::fputs(usage_text, stderr), exit_usage;
  const std::string& name = arguments[0];
  auto options = parse_queue_options(arguments.subspan(1));
  if (!options) return complain(options.error(), exit_usage);
  if (name == "list") return queue_list(*std::move(options));
  if (name == "show") return queue_show(*std::move(options));
  if (name == "cat") return queue_cat(*std::move(options));
  if (name == "summary") return queue_summary(*std::move(options));
  if (const auto verb = parse_queue_verb(name)) return queue_change(*verb, *std::move(options));
  return complain("unknown command \"" + name + "\"", exit_usage);
}

}  // namespace gateway::cli
