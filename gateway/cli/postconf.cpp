#include <cstdio>

#include "gateway/cli/program_names.hpp"
#include "gateway/cli/short_options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/config/show_config.hpp"
#include "gateway/postfix/parameters.hpp"

/// `postconf`: effective values, also asked by the names that Postfix has for them.
namespace gateway::cli {

namespace {

int usage() {
  std::fputs("usage: postconf [-c FILE] [-n] [-h] [PARAMETER...]\n       postconf -m\n", stderr);
  return exit_usage;
}

/// The key of ours for a parameter of Postfix, which is itself when it is one of ours.
std::string key_of(const std::string& name) {
  const auto* parameter = postfix::find_parameter(name);
  const bool is_carried = parameter != nullptr && parameter->how != postfix::Carried::without &&
                          parameter->how != postfix::Carried::not_needed && !parameter->target.empty();
  return is_carried ? std::string(parameter->target) : name;
}

}  // namespace

int run_postconf(std::span<const std::string> arguments) {
  const auto given = parse_short_options("postconf", "c:deEhHmMnNPXx", arguments);
  if (!given) return usage();
  if (given->has('m')) {
    std::puts("btree\ncdb\ncidr\ndbm\ndirectory\nfail\nfile\nhash\ninline\nldap\nlmdb\npcre\nregexp\nstatic\ntexthash");
    return exit_done;
  }
  for (const char changing : {'e', 'X', 'M', 'P'})
    if (given->has(changing)) {
      std::fputs("postconf: the configuration is changed by editing its file\n", stderr);
      return exit_failed;
    }
  const auto place = given->value('c');
  config::Findings warnings;
  const auto config =
      config::read_config(place.empty() ? config::default_config_path() : place, warnings, config::Secrets::unread);
  if (!config) {
    for (const auto& finding : config.error()) std::fprintf(stderr, "%s\n", to_string(finding).c_str());
    return exit_failed;
  }
  const auto values = config::show_config(**config, given->has('n') ? config::Show::changed : config::Show::all);
  const bool bare = given->has('h');
  if (given->rest.empty()) {
    for (const auto& [path, text] : values) std::printf("%s = %s\n", path.c_str(), text.c_str());
    return exit_done;
  }
  int code = exit_done;
  for (const auto& name : given->rest) {
    const auto key = key_of(name);
    bool known = false;
    for (const auto& [path, text] : values) {
      if (path != key && !path.starts_with(key + ".")) continue;
      known = true;
      if (bare)
        std::printf("%s\n", text.c_str());
      else
        std::printf("%s = %s\n", path == key ? name.c_str() : path.c_str(), text.c_str());
    }
    if (known) continue;
    std::fprintf(stderr, "postconf: warning: %s: unknown parameter\n", name.c_str());
    code = exit_failed;
  }
  return code;
}

}  // namespace gateway::cli
