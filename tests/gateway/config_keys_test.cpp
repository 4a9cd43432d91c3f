#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "gateway/config/key.hpp"
#include "gateway/config/key_texts.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/config/show_config.hpp"

namespace gateway::config {
namespace {

std::string file(const std::string& path) {
  std::ifstream in(std::string(GATEPOST_SOURCE_DIR "/") + path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string first_error(const ConfigResult& read) {
  return read || read.error().empty() ? "" : to_string(read.error()[0]);
}

// Written again by: gatepost config schema > schemas/gatepost.schema.json, and so on.
TEST(ConfigKeys, committed_files_are_what_the_table_yields) {
  EXPECT_TRUE(file("schemas/gatepost.schema.json") == schema_text())
      << "run: gatepost config schema > schemas/gatepost.schema.json";
  EXPECT_TRUE(file("docs/config.md") == reference_text()) << "run: gatepost config reference > docs/config.md";
  EXPECT_TRUE(file("etc/gatepost.yaml") == template_text()) << "run: gatepost config template > etc/gatepost.yaml";
}

TEST(ConfigKeys, every_key_is_described) {
  for_each_key([](const std::string& path, const Key& key, const void*) {
    EXPECT_FALSE(key.doc.empty()) << path;
    EXPECT_TRUE(key.doc.ends_with('.')) << path << ": " << key.doc;
    EXPECT_FALSE(key.example.empty()) << path;
    EXPECT_TRUE(key.store && key.show) << path;
  });
}

TEST(ConfigKeys, template_loads_as_it_is) {
  Findings warnings;
  const auto read = read_config_text(template_text(), "gatepost.yaml", warnings);
  ASSERT_TRUE(read) << first_error(read);
  EXPECT_EQ(show_config(**read, Show::changed).size(), 1U);  // hostname
}

TEST(ConfigKeys, template_is_valid_with_every_key_uncommented) {
  ::setenv("LDAP_PASSWORD", "x", 1);
  ::setenv("METRICS_PASSWORD", "x", 1);
  ::setenv("RELAY_PASSWORD", "x", 1);
  std::istringstream lines(template_text());
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const auto key = line.find_first_not_of(' ', 1);
    const bool is_key = line.starts_with('#') && line.size() > 1 && (line[1] != ' ' || line.substr(0, 3) == "#  ");
    text += is_key && key != std::string::npos ? line.substr(1) + "\n" : line + "\n";
  }
  Findings warnings;
  const auto read = read_config_text(text, "gatepost.yaml", warnings);
  // Tables cannot be of all types at once; everything else must be accepted together.
  if (read) return;
  for (const auto& error : read.error())
    EXPECT_NE(error.text.find("tables.senders: "), std::string::npos) << to_string(error);
}

/// A file in which the key at `path` has `value`, with the keys that it cannot be without.
std::string file_with(const std::string& path, const std::string& value) {
  std::string text = path == "hostname" ? "" : "hostname: unset.example.com\n";
  std::vector<std::string> parts;
  std::istringstream in(path);
  for (std::string part; std::getline(in, part, '.');) parts.push_back(part);
  std::string indent;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (part.ends_with("[]")) {
      text += indent + part.substr(0, part.size() - 2) + ":\n" + indent + "  -\n";
      indent += "    ";
    } else {
      text += indent + (part == "*" ? "thing" : part) + ":\n";
      indent += "  ";
    }
  }
  const std::map<std::string, std::string> companions{
      {"listeners[].name", ""},
      {"listeners[].proxy_protocol", "name: l\ntrusted_proxies: 10.0.0.0/8"},
      {"domains.*.class", ""},
      {"tables.*.file", "type: file"},
      {"tables.*.content", "type: pcre"},
      {"tables.*.entries", "type: inline"},
      {"tables.*.value", "type: static"},
      {"tables.*.type", "content: x"},
      {"tables.*.directory", "type: ldap"},
      {"tables.*.server_host", "type: ldap"},
      {"routes.*.auth.user", "password: x"},
      {"routes.*.auth.password", "user: x"},
      {"routes.*.auth.mechanisms", "user: x\npassword: x"},
      {"tls.certificates[].cert", "key: x"},
      {"tls.certificates[].key", "cert: x"},
      {"tls.certificates[].names", "cert: x\nkey: x"},
      {"filters.*.milter", ""},
  };
  std::string extra;
  if (const auto found = companions.find(path); found != companions.end())
    extra = found->second;
  else if (path.starts_with("listeners[]."))
    extra = parts.size() == 2 ? "name: l" : "";
  else if (path.starts_with("domains.*."))
    extra = "class: relay";
  else if (path.starts_with("tables.*."))
    extra = "type: ldap\nserver_host: h";
  else if (path.starts_with("filters.*.") && parts.size() == 3)
    extra = "milter: x";
  std::istringstream extra_lines(extra);
  for (std::string line; std::getline(extra_lines, line);) text += indent + line + "\n";
  text += indent + parts.back() + ": " + value + "\n";
  // What is required of the item that a deeper key lies in.
  if (path.starts_with("listeners[].") && parts.size() == 3) text += "    name: l\n";
  if (path.starts_with("filters.*.") && parts.size() == 4) text += "    milter: x\n";
  return text;
}

TEST(ConfigKeys, every_key_can_be_set_and_is_shown) {
  ::setenv("LDAP_PASSWORD", "x", 1);
  ::setenv("METRICS_PASSWORD", "x", 1);
  ::setenv("RELAY_PASSWORD", "x", 1);
  std::size_t keys = 0;
  for_each_key([&](const std::string& path, const Key& key, const void* blank) {
    ++keys;
    if (path == "version") return;  // has one value only
    const std::string text = file_with(path, key.example);
    Findings warnings;
    const auto read = read_config_text(text, "gatepost.yaml", warnings);
    ASSERT_TRUE(read) << path << ": " << first_error(read) << "\n" << text;
    std::string shape = path;
    for (auto at = shape.find("[]"); at != std::string::npos; at = shape.find("[]")) shape.replace(at, 2, ".#");
    bool found = false;
    for (const auto& [shown, value] : show_config(**read, Show::changed)) {
      // "listeners.l.port" is listeners[].port; names may hold no dots in this test.
      std::istringstream have(shown), want(shape);
      std::string a, b;
      bool same = std::count(shown.begin(), shown.end(), '.') == std::count(shape.begin(), shape.end(), '.');
      while (same && std::getline(have, a, '.') && std::getline(want, b, '.')) same = b == "*" || b == "#" || a == b;
      if (!same) continue;
      found = true;
      if (key.fallback.empty()) {
        EXPECT_NE(value, key.show(blank)) << path;
      }
      if (key.type == KeyType::secret) {
        EXPECT_EQ(value, "\"***\"") << path;
      }
    }
    EXPECT_TRUE(found) << path << " is not in config show --changed of:\n" << text;
  });
  EXPECT_GT(keys, 200U);
}

TEST(ConfigKeys, what_is_shown_can_be_read_again) {
  Findings warnings;
  const auto read = read_config_text(
      "hostname: mx.example.com\nrecipient_delimiter: \"+\"\nluser_relay: \"a\\\"b\\\\c\\td: e #f\"\n"
      "dns: {servers: [\"127.0.0.1:53\", \"a, b\"], timeout: 250ms}\n",
      "g.yaml", warnings);
  ASSERT_TRUE(read);
  std::string text;
  for (const auto& [path, value] : show_config(**read, Show::changed)) {
    const auto dot = path.find('.');
    if (dot == std::string::npos) text += path + ": " + value + "\n";
    if (path == "dns.servers") text += "dns:\n  servers: " + value + "\n";
    if (path == "dns.timeout") text += "  timeout: " + value + "\n";
  }
  const auto again = read_config_text(text, "g.yaml", warnings);
  ASSERT_TRUE(again) << first_error(again) << text;
  EXPECT_EQ((*again)->luser_relay, (*read)->luser_relay);
  EXPECT_EQ((*again)->dns.servers, (*read)->dns.servers);
  EXPECT_EQ((*again)->dns.timeout, Millis(250));
}

TEST(ConfigKeys, no_secret_is_shown) {
  ::setenv("GATEPOST_TEST_SECRET", "hunter2", 1);
  Findings warnings;
  const auto folder = testing::TempDir();
  std::ofstream(folder + "/config_keys_secret") << "hunter2";
  const auto read = read_config_text(
      "hostname: mx.example.com\nluser_relay: \"${file:config_keys_secret}\"\n"
      "directories: {d: {bind: {dn: x, password: hunter2}}}\nroutes: {r: {relay: h, auth: {user: u, password: "
      "hunter2}}}\n"
      "tables: {t: {type: ldap, server_host: h, bind_pw: hunter2}, u: {type: inline, entries: {a: "
      "\"${file:config_keys_secret}\"}}}\n"
      "rewrite: {generic: {a: \"${file:config_keys_secret}\"}}\n",
      folder + "/g.yaml", warnings);
  ASSERT_TRUE(read) << first_error(read);
  for (const auto which : {Show::all, Show::changed})
    for (const auto& [path, value] : show_config(**read, which))
      EXPECT_EQ(value.find("hunter2"), std::string::npos) << path;
}

TEST(ConfigKeys, restart_only_changes_are_named) {
  Findings warnings;
  const auto before = read_config_text("hostname: a.example\n", "g.yaml", warnings);
  const auto after = read_config_text(
      "hostname: b.example\nqueue: {directory: /other, queue_run_delay: 5s}\nlisteners: [{name: x, port: 26}]\n",
      "g.yaml", warnings);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(restart_only_changes(**before, **after), (std::vector<std::string>{"queue.directory", "listeners"}));
  EXPECT_TRUE(restart_only_changes(**before, **before).empty());
}

}  // namespace
}  // namespace gateway::config
