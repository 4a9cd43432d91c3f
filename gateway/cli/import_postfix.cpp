#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/cli/options.hpp"
#include "gateway/cli/private_file.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/postfix/import_postfix.hpp"

/// `gatepost import-postfix DIR`: a Postfix installation as a gatepost.yaml.
namespace gateway::cli {

namespace {

int usage() {
  std::fputs("usage: gatepost import-postfix DIR [--output FILE]\n", stderr);
  return exit_usage;
}

bool complain(const std::string& text) {
  std::fprintf(stderr, "gatepost: %s\n", text.c_str());
  return false;
}

bool holds(const std::string& path, const std::string& text) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream found;
  found << in.rdbuf();
  return in && found.str() == text;
}

/// The YAML, and each password in a file of its own below secrets/, where ${credential:NAME} finds it.
bool write_all(const postfix::Imported& imported, const std::string& output) {
  const auto folder = std::filesystem::path(output).parent_path() / "secrets";
  if (!imported.secrets.empty() && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return complain(folder.string() + ": " + std::strerror(errno));
  for (const auto& secret : imported.secrets) {
    const std::string path = folder / secret.name;
    if (holds(path, secret.text + "\n")) continue;
    if (const auto written = write_private_file(path, secret.text + "\n"); !written) return complain(written.error());
    std::fprintf(stderr, "gatepost: wrote the password %s\n", path.c_str());
  }
  const auto written = write_private_file(output, imported.yaml);
  return written ? true : complain(written.error());
}

}  // namespace

int run_import_postfix(std::span<const std::string> arguments) {
  const auto options = parse_options(arguments, {"output"}, {});
  if (!options || options->rest.size() != 1) return usage();
  const auto imported = postfix::import_postfix(options->rest.front());
  if (!imported) return complain(imported.error()), exit_failed;
  for (const auto& note : imported->notes) std::fprintf(stderr, "%s\n", to_string(note).c_str());
  if (options->has("output")) return write_all(*imported, options->value("output")) ? exit_done : exit_failed;
  for (const auto& secret : imported->secrets)
    std::fprintf(stderr, "gatepost: put the password %s into secrets/%s beside the file\n", secret.name.c_str(),
                 secret.name.c_str());
  const auto& yaml = imported->yaml;
  return std::fwrite(yaml.data(), 1, yaml.size(), stdout) == yaml.size() ? exit_done : exit_failed;
}

}  // namespace gateway::cli
