#include "gateway/config/check_maps.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gateway/config/nearest.hpp"

namespace gateway::config {
namespace {

const std::vector<std::string> text_types{"file", "hash", "btree", "texthash", "dbm",
                                          "cdb",  "lmdb", "pcre",  "regexp",   "cidr"};
const std::vector<std::string> other_types{"directory", "ldap", "inline", "static", "fail", "unix"};

bool is_one_of(const std::string& word, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

void check_name(const char* what, const std::string& name, const std::vector<std::string>& known, const Place& place,
                std::vector<Finding>& findings) {
  if (is_one_of(name, known)) return;
  findings.push_back(
      {Severity::error, place, fmt::format("unknown {} \"{}\"{}", what, name, did_you_mean(name, known))});
}

void check_file(const std::string& path, const Place& place, const char* what, std::vector<Finding>& findings) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  const int code = errno;
  findings.push_back(
      {Severity::error, place,
       fmt::format("{} {}: {}", what, path, code == ENOENT ? "there is no such file" : std::strerror(code))});
}

void check_map(const Config& config, const Text& reference, std::vector<Finding>& findings) {
  std::string text = reference.text;
  if (text.starts_with("proxy:")) text.erase(0, 6);
  const auto colon = text.find(':');
  const auto brace = text.find('{');
  if (colon == std::string::npos || brace < colon) {
    check_name("table", text, names_of(config.tables), reference.place, findings);
    return;
  }
  const std::string type = text.substr(0, colon), argument = text.substr(colon + 1);
  if (is_one_of(text, names_of(config.tables))) return;
  if (type == "directory") {
    check_name("directory", argument, names_of(config.directories), reference.place, findings);
  } else if (type == "ldap") {
    if (argument.starts_with('/'))
      check_file(argument, reference.place, "table", findings);
    else
      check_name("table", argument, names_of(config.tables), reference.place, findings);
  } else if (is_one_of(type, text_types)) {
    if (!argument.starts_with('{')) check_file(argument, reference.place, "table", findings);
  } else if (!is_one_of(type, other_types)) {
    auto known = text_types;
    known.insert(known.end(), other_types.begin(), other_types.end());
    findings.push_back(
        {Severity::error, reference.place,
         fmt::format("unknown table type \"{}\" in \"{}\"{}", type, reference.text, did_you_mean(type, known))});
  }
}

void check_maps(const Config& config, const MapRefs& references, std::vector<Finding>& findings) {
  for (const auto& reference : references) check_map(config, reference, findings);
}

}  // namespace gateway::config
