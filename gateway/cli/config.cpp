#include <cstdio>

#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/key_texts.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/config/show_config.hpp"

namespace gateway::cli {
namespace {

int usage() {
  std::fputs(
      "usage: gatepost config show [-c FILE] [--changed]\n       gatepost config schema | reference | template | man\n",
      stderr);
  return exit_usage;
}

int show(const Options& options) {
  if (options.rest.size() != 1) return usage();
  const auto which = options.has("changed") ? config::Show::changed : config::Show::all;
  config::Findings warnings;
  const auto read = config::read_config(options.config_path, warnings);
  if (!read) {
    for (const auto& finding : read.error()) std::fprintf(stderr, "%s\n", to_string(finding).c_str());
    return exit_failed;
  }
  for (const auto& [path, text] : config::show_config(**read, which))
    std::printf("%s: %s\n", path.c_str(), text.c_str());
  return exit_done;
}

}  // namespace

int run_config(std::span<const std::string> arguments) {
  const auto options = parse_options(arguments, {}, {"changed"});
  if (!options || options->rest.empty()) return usage();
  const std::string& what = options->rest[0];
  if (what == "show") return show(*options);
  if (options->rest.size() != 1 || options->has("changed")) return usage();
  std::string (*text)() = what == "schema"      ? config::schema_text
                          : what == "reference" ? config::reference_text
                          : what == "template"  ? config::template_text
                          : what == "man"       ? config::man_text
                                                : nullptr;
  if (text == nullptr) return usage();
  const std::string out = text();
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? exit_done : exit_failed;
}

}  // namespace gateway::cli
