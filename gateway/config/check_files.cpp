#include <fmt/format.h>
#include <sys/stat.h>

#include <unordered_set>

#include "gateway/config/check_config.hpp"
#include "gateway/config/check_maps.hpp"
#include "lookup/open_table.hpp"

namespace gateway::config {
namespace {

bool others_may_read(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

void check_secret(const std::string& path, const Place& place, std::vector<Finding>& findings) {
  if (others_may_read(path))
    findings.push_back({Severity::warning, place, fmt::format("{} may be read by every user; chmod o-r", path)});
}

bool is_path(const std::string& text) {
  return !text.empty() && text.front() == '/';
}

void check_pair(const Config& config, const std::string& path, const std::string& cert, const std::string& key,
                const char* cert_key, const char* key_key, std::vector<Finding>& findings) {
  if (is_path(cert)) check_file(cert, place_of(config, path + cert_key), "certificate", findings);
  if (!is_path(key)) return;
  check_file(key, place_of(config, path + key_key), "key", findings);
  check_secret(key, place_of(config, path + key_key), findings);
}

/// A password that stands in the file itself.
bool holds_password(const Config& config) {
  const auto plain = [&](const std::string& path, const std::string& value) {
    return !value.empty() && config.secret_keys.count(path) == 0;
  };
  for (const auto& directory : config.directories)
    if (plain("directories." + directory.name + ".bind.password", directory.bind.password)) return true;
  for (const auto& route : config.routes)
    if (route.auth && plain("routes." + route.name + ".auth.password", route.auth->password)) return true;
  if (plain("metrics.auth.password", config.metrics.password)) return true;
  for (const auto& table : config.tables)
    for (const auto& [name, value] : table.parameters)
      if (name == "bind_pw" && plain("tables." + table.name + ".bind_pw", value)) return true;
  return false;
}

/// Opens a table, so that its bad lines are known before mail comes.
void check_table(const Config& config, const Table& table, std::vector<Finding>& findings) {
  const std::string path = "tables." + table.name;
  if (!table.file.empty()) {
    const std::size_t before = findings.size();
    const Place place = place_of(config, path + ".file");
    check_file(table.file, place, "table", findings);
    if (findings.size() == before) check_table_text(table.type, table.file, place, findings);
  } else if (!table.content.empty()) {
    const auto say = [&](Severity severity, const lookup::TableProblem& problem) {
      Place place = place_of(config, path + ".content");
      // The text of a block (|) begins in the line behind its key.
      if (problem.line != 0 && table.content.find('\n') != std::string::npos)
        place = {place.file, place.line + problem.line, 1};
      findings.push_back({severity, place, fmt::format("table \"{}\": {}", table.name, problem.text)});
    };
    const auto opened = lookup::open_table_content(table.type, table.content, table.name);
    if (opened)
      for (const auto& problem : opened->warnings) say(Severity::warning, problem);
    else
      for (const auto& problem : opened.error()) say(Severity::error, problem);
  }
}

}  // namespace

void check_files(const Config& config, std::vector<Finding>& findings) {
  for (const auto& table : config.tables) check_table(config, table, findings);
  for (std::size_t i = 0; i < config.tls.certificates.size(); ++i) {
    const auto& certificate = config.tls.certificates[i];
    check_pair(config, "tls.certificates." + std::to_string(i), certificate.cert, certificate.key, ".cert", ".key",
               findings);
  }
  check_pair(config, "metrics.tls", config.metrics.cert, config.metrics.key, ".cert", ".key", findings);
  for (const auto& directory : config.directories) {
    const std::string path = "directories." + directory.name + ".tls";
    check_file(directory.tls.ca_file, place_of(config, path + ".ca_file"), "CA file", findings);
    check_pair(config, path, directory.tls.cert_file, directory.tls.key_file, ".cert_file", ".key_file", findings);
  }
  for (const auto& route : config.routes) {
    const std::string path = "routes." + route.name + ".tls";
    check_file(route.tls.ca_file, place_of(config, path + ".ca_file"), "CA file", findings);
    check_pair(config, path, route.tls.cert_file, route.tls.key_file, ".cert_file", ".key_file", findings);
  }
  if (config.places.count("dns.hosts_file") != 0)
    check_file(config.dns.hosts_file, place_of(config, "dns.hosts_file"), "hosts file", findings);
  std::unordered_set<std::string> seen;
  for (const auto& secret : config.secret_files)
    if (seen.insert(secret.text).second) check_secret(secret.text, secret.place, findings);
  if (holds_password(config) && others_may_read(config.file))
    findings.push_back({Severity::warning,
                        {config.file, 0, 0},
                        "holds a password and may be read by every user; chmod o-r, or use ${credential:NAME}"});
}

}  // namespace gateway::config
