#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "gateway/cli/ask_map.hpp"
#include "gateway/cli/program_names.hpp"
#include "gateway/cli/short_options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "lookup/open_table.hpp"
#include "lookup/table_text.hpp"

/// `postmap`, `postalias`, `newaliases`: tables are read as text, so that there is nothing to build; keys can be asked.
namespace gateway::cli {

namespace {

/// A file without a type is hash, as for Postfix; other names are those of tables.
std::string with_type(const std::string& reference) {
  const bool is_file = reference.find('/') != std::string::npos || ::access(reference.c_str(), F_OK) == 0;
  return reference.find(':') == std::string::npos && is_file ? "hash:" + reference : reference;
}

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "postmap: %s\n", text.c_str());
  return code;
}

int ask(DryRun& dry_run, const std::vector<std::string>& maps, const std::string& key, bool with_key) {
  for (const auto& map : maps) {
    const auto answer = ask_map(dry_run, with_type(map), key);
    if (answer.is_unavailable()) return complain(map + ": " + answer.detail, exit_temporary);
    if (answer.is_absent()) continue;
    if (with_key) std::printf("%s\t", key.c_str());
    std::printf("%s\n", answer.joined().c_str());
    return exit_done;
  }
  return exit_failed;
}

int query(const ShortOptions& options) {
  const auto place = options.value('c');
  const auto dry_run = DryRun::open(place.empty() ? config::default_config_path() : place);
  if (!dry_run) return exit_failed;
  const auto key = options.value('q');
  if (key != "-") return ask(*dry_run, options.rest, key, false);
  int code = exit_failed;
  std::string line;
  while (std::getline(std::cin, line)) {
    const int asked = ask(*dry_run, options.rest, line, true);
    if (asked == exit_temporary) return asked;
    if (asked == exit_done) code = exit_done;
  }
  return code;
}

/// The text of the table behind "hash:/path"; nullopt after a complaint.
std::optional<std::string> text_of(const std::string& map) {
  const auto reference = lookup::parse_map_reference(with_type(map));
  if (!reference) return complain(reference.error(), 0), std::nullopt;
  std::ifstream in(reference->argument, std::ios::binary);
  if (!in) return complain(reference->argument + ": cannot be read", 0), std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

int dump(const std::vector<std::string>& maps) {
  for (const auto& map : maps) {
    const auto text = text_of(map);
    if (!text) return exit_failed;
    lookup::TableText lines(*text);
    lookup::TableLine line;
    while (lines.next(line)) {
      const auto statement = lookup::trimmed(line.text);
      const auto end = statement.find_first_of(" \t");
      const std::string key(statement.substr(0, end));
      const std::string value(end == std::string_view::npos ? "" : lookup::trimmed(statement.substr(end)));
      std::printf("%s\t%s\n", key.c_str(), value.c_str());
    }
  }
  return exit_done;
}

/// What building found wrong is still worth to be told.
int build(const char* program, const std::vector<std::string>& maps) {
  int code = exit_done;
  for (const auto& map : maps) {
    const auto reference = lookup::parse_map_reference(with_type(map));
    if (!reference || !lookup::is_memory_type(reference->type)) {
      std::printf("%s: %s: not needed\n", program, map.c_str());
      continue;
    }
    const auto opened = lookup::open_table(*reference);
    const auto& problems = opened ? opened->warnings : opened.error();
    for (const auto& problem : problems)
      complain(problem.file + ":" + std::to_string(problem.line) + ": " + problem.text, 0);
    if (!opened)
      code = exit_failed;
    else
      std::printf("%s: %s: not needed, the text itself is read\n", program, map.c_str());
  }
  return code;
}

}  // namespace

int run_postmap(std::span<const std::string> arguments) {
  const auto options = parse_short_options("postmap", "bc:d:fhimnNopq:rsuUvwjF", arguments);
  if (!options || options->rest.empty()) {
    std::fputs("usage: postmap [-c FILE] [-q KEY | -q - | -s] TYPE:FILE...\n", stderr);
    return exit_usage;
  }
  if (options->has('q')) return query(*options);
  if (options->has('s')) return dump(options->rest);
  if (options->has('d') || options->has('i')) return complain("a table is changed by editing its text", exit_failed);
  return build("postmap", options->rest);
}

int run_newaliases(std::span<const std::string> arguments) {
  const auto options = parse_short_options("newaliases", "c:C:v", arguments);
  if (!options) return exit_usage;
  const auto place = options->value('c');
  std::vector<config::Finding> warnings;
  const auto config = config::read_config(place.empty() ? config::default_config_path() : place, warnings);
  std::vector<std::string> maps;
  if (config)
    for (const auto& map : (*config)->aliases.local)
      if (map.text.find(":/") != std::string::npos) maps.push_back(map.text);
  if (maps.empty()) std::puts("newaliases: not needed, aliases are read as text");
  return build("newaliases", maps);
}

}  // namespace gateway::cli
