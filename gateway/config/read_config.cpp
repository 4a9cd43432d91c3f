#include "gateway/config/read_config.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/config/reading.hpp"
#include "gateway/config/secrets.hpp"
#include "gateway/config/yaml_text.hpp"

namespace gateway::config {
namespace {

std::string folder_of(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? "." : absolute.lexically_normal().parent_path().string();
}

/// Fills in what depends on other keys.
void complete(Config& config) {
  if (config.mydomain.empty()) {
    const auto dot = config.hostname.find('.');
    config.mydomain = dot == std::string::npos ? "localdomain" : config.hostname.substr(dot + 1);
  }
  if (config.myorigin.empty()) config.myorigin = config.hostname;
  if (config.listeners.empty()) config.listeners.emplace_back().name = "mx";
  const auto is_default = [](const Route& route) { return route.name == "default"; };
  if (std::none_of(config.routes.begin(), config.routes.end(), is_default)) {
    Route& route = config.routes.emplace_back();
    route.name = "default";
    route.relay = {"mx"};
  }
  for (auto& directory : config.directories) {
    const auto is_ldaps = [](const std::string& server) { return server.starts_with("ldaps:"); };
    const bool said = config.places.count("directories." + directory.name + ".tls.mode") != 0;
    if (!said && !directory.servers.empty() &&
        std::all_of(directory.servers.begin(), directory.servers.end(), is_ldaps))
      directory.tls.mode = DirectoryTlsMode::ldaps;
  }
}

/// What a table of each type needs and may have; the key table cannot say this.
void check_table(const Config& config, const Table& table, Findings& errors) {
  if (table.in_place || table.type.empty()) return;
  const std::string path = "tables." + table.name;
  const auto fail = [&](const std::string& key, std::string text) {
    const auto found = config.places.find(path + "." + key);
    errors.push_back({Severity::error, found == config.places.end() ? table.place : found->second, path + ": " + text});
  };
  const auto given = [&](const std::string& key) { return config.places.count(path + "." + key) != 0; };
  const auto only_for = [&](const char* key, bool allowed, const char* types) {
    if (given(key) && !allowed) fail(key, fmt::format("\"{}\" is for {}, not for type {}", key, types, table.type));
  };
  const bool is_inline = table.type == "inline", is_static = table.type == "static", is_ldap = table.type == "ldap";
  const bool is_text = !is_inline && !is_static && !is_ldap;
  only_for("entries", is_inline, "type inline");
  only_for("value", is_static, "type static");
  only_for("directory", is_ldap, "type ldap");
  only_for("content", is_text, "tables of text");
  only_for("file", is_text || is_ldap, "tables of text");
  if (!is_ldap)
    for (const auto& parameter : table.parameters)
      if (parameter.first != "value")
        fail(parameter.first, fmt::format("\"{}\" is for type ldap, not for type {}", parameter.first, table.type));
  if (is_text && given("file") == given("content")) fail("content", "needs either \"file\" or \"content\"");
  if (is_inline && !given("entries")) fail("entries", "type inline needs \"entries\"");
  if (is_static && !given("value")) fail("value", "type static needs \"value\"");
  if (is_ldap && !given("directory") && !given("file") && !given("server_host"))
    fail("directory", "type ldap needs \"directory\", \"server_host\" or \"file\"");
}

void check_whole(const Config& config, Findings& errors, Findings& warnings) {
  for (const auto& listener : config.listeners)
    if (listener.proxy_protocol && listener.trusted_proxies.empty()) {
      const std::string path = "listeners." + listener.name + ".proxy_protocol";
      errors.push_back({Severity::error, place_of(config, path),
                        path + ": needs trusted_proxies: anybody could claim to be anybody"});
    }
  for (const auto& table : config.tables) check_table(config, table, errors);
  if (!config.hostname.empty() && config.hostname.find('.') == std::string::npos)
    warnings.push_back(
        {Severity::warning, place_of(config, "hostname"),
         fmt::format("hostname: \"{}\" has no domain; other servers want a full name", config.hostname)});
}

void sort_by_place(Findings& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
}

}  // namespace

ConfigResult read_config_text(std::string_view text, const std::string& path, Findings& warnings, Secrets secrets) {
  Findings errors;
  auto root = parse_yaml(text, path, errors);
  if (!root) return tl::unexpected(std::move(errors));
  auto config = std::make_shared<Config>(default_config());
  config->file = path;
  const std::string folder = folder_of(path);
  Findings unread;
  resolve_secrets(*root, folder, secrets == Secrets::required ? errors : unread, config->secret_files);
  Reading reading(*config, folder, errors, warnings);
  if (root->is_empty()) root->place = {path, 0, 0};
  reading.read_section(all_keys(), config.get(), *root);
  check_whole(*config, errors, warnings);
  sort_by_place(errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  complete(*config);
  return std::shared_ptr<const Config>(std::move(config));
}

ConfigResult read_config(const std::string& path, Findings& warnings, Secrets secrets) {
  const auto fail = [&](const char* why) { return tl::unexpected(Findings{{Severity::error, {path, 0, 0}, why}}); };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return fail("there is no such file");
  if (std::filesystem::is_directory(path, error)) return fail("this is a folder; the configuration is one file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return read_config_text(std::move(text).str(), path, warnings, secrets);
}

std::string default_config_path() {
  const char* path = std::getenv("GATEPOST_CONFIG");
  return path != nullptr && *path != '\0' ? path : "/etc/gatepost/gatepost.yaml";
}

}  // namespace gateway::config
