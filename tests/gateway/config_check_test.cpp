#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gateway/config/check_config.hpp"
#include "gateway/config/read_config.hpp"

namespace gateway::config {
namespace {

std::string findings_of(const std::string& text, const std::string& path = "g.yaml") {
  Findings warnings;
  const auto read = read_config_text(text, path, warnings);
  std::string lines;
  for (const auto& finding : read ? check_config(**read) : read.error()) lines += to_string(finding) + "\n";
  return lines;
}

struct Doubtful {
  const char* name;
  const char* text;  // behind "hostname: mx.example.com\n"
  const char* findings;
};

/// What the lookup and policy layers say is theirs to word: a text that ends in ": " stands for any that begins so.
bool matches(const std::string& found, const std::string& expected) {
  return expected.ends_with(": ") ? found.starts_with(expected) && std::count(found.begin(), found.end(), '\n') == 1
                                  : found == expected;
}

class CheckConfig : public testing::TestWithParam<Doubtful> {};

TEST_P(CheckConfig, finds) {
  const std::string found = findings_of(std::string("hostname: mx.example.com\n") + GetParam().text);
  EXPECT_TRUE(matches(found, GetParam().findings)) << found << "expected:\n" << GetParam().findings;
}

const Doubtful doubtful_configs[] = {
    {"nothing_in_the_least_file", "", ""},
    // Names
    {"unknown_route", "domains:\n  a.example: {class: local, route: exchang}\nroutes: {exchange: {relay: h}}\n",
     "g.yaml:3:29: error: unknown route \"exchang\"; did you mean \"exchange\"?\n"},
    {"unknown_directory",
     "domains:\n  a.example: {class: relay, recipients: directory:crop}\ndirectories: {corp: {servers: "
     "\"ldap://h\"}}\n",
     "g.yaml:3:41: error: unknown directory \"crop\"; did you mean \"corp\"?\n"},
    {"unknown_table", "relocated: movd\ntables: {moved: {type: inline, entries: {a: b}}}\n",
     "g.yaml:2:12: error: unknown table \"movd\"; did you mean \"moved\"?\n"},
    {"unknown_table_type", "relocated: hsah:/x\n",
     "g.yaml:2:12: error: unknown table type \"hsah\" in \"hsah:/x\"; did you mean \"hash\"?\n"},
    {"unknown_set", "listeners:\n  - {name: mx, restrictions: submision}\nrestrictions: {submission: {client: []}}\n",
     "g.yaml:3:16: error: unknown restriction set \"submision\"; did you mean \"submission\"?\n"},
    {"unknown_sasl_directory", "sasl: {backend: \"directory:x\"}\n", "g.yaml:2:8: error: unknown directory \"x\"\n"},
    {"sasl_backend", "sasl: {backend: ldap}\n",
     "g.yaml:2:8: error: \"ldap\" is not a backend; it must be directory:NAME, cyrus or dovecot:ADDRESS\n"},
    {"home_mailbox_elsewhere", "domains: {h.example: {class: local}}\nmailboxes: {local: {home_mailbox: ../x/}}\n",
     "g.yaml:3:21: error: mailboxes.local.home_mailbox: must lie below the home directory, as \"Maildir/\" or \"mbox\" "
     "do\n"},
    {"commands_as_root",
     "domains: {h.example: {class: local}}\nmailboxes: {local: {allow_mail_to_commands: yes, default_privs: root}}\n",
     "g.yaml:3:50: error: mailboxes.local.default_privs: must be a user without privileges\n"},
    {"local_users_without_domain", "mailboxes: {local: {mail_spool_directory: /var/mail}}\n",
     "g.yaml:2:13: warning: mailboxes.local is for domains of class local; there is none\n"},
    {"filter_without_port", "filters: {f: {milter: \"inet:localhost\"}}\n",
     "g.yaml:2:15: error: \"inet:localhost\" is not an address: there is no port from 1 to 65535; write inet:HOST:PORT "
     "or unix:PATH\n"},
    // Domains
    {"domain_twice", "domains:\n  a.example: {class: local}\n  A.Example: {class: local}\n",
     "g.yaml:4:3: error: the domain is already listed in line 3\n"},
    {"relay_without_recipients", "domains:\n  a.example: {class: relay}\n",
     "g.yaml:3:3: warning: relay domain \"a.example\" has no \"recipients\": mail for every address is accepted, and "
     "what the next "
     "server refuses must be bounced\n"},
    {"mailbox_without_base", "domains:\n  a.example: {class: virtual_mailbox, mailboxes: \"static:x/\"}\n",
     "g.yaml:3:3: error: virtual_mailbox domain \"a.example\" needs mailboxes.base: there is no place for mailboxes\n"},
    {"key_of_other_class", "domains:\n  a.example: {class: local, recipients: \"static:x\"}\n",
     "g.yaml:3:29: error: \"recipients\" is for class relay\n"},
    // Listeners
    {"same_name", "listeners:\n  - {name: a, port: 25}\n  - {name: a, port: 26}\n",
     "g.yaml:4:5: error: a second listener \"a\"; the first stands in line 3\n"},
    {"same_port", "listeners:\n  - {name: a, port: 25}\n  - {name: b, port: 25, address: 127.0.0.1}\n",
     "g.yaml:4:15: error: listener \"a\" and listener \"b\" want the same address and port 25\n"},
    {"same_port_elsewhere", "listeners:\n  - {name: a, address: 127.0.0.2}\n  - {name: b, address: 127.0.0.1}\n", ""},
    {"free_ports", "listeners:\n  - {name: a, port: 0}\n  - {name: b, port: 0}\n", ""},
    {"address", "listeners:\n  - {name: a, address: localhost}\n",
     "g.yaml:3:15: error: \"localhost\" is not an IP address\n"},
    {"tls_without_certificate", "listeners:\n  - {name: a, tls: wrapper}\n",
     "g.yaml:3:15: error: listener \"a\" speaks TLS, but tls.certificates is empty\n"},
    {"auth_without_backend", "listeners:\n  - {name: a, auth: offered}\n",
     "g.yaml:3:15: error: listener \"a\" offers AUTH, but sasl.backend is not set\n"},
    {"metrics_listen", "metrics: {listen: 9925}\n",
     "g.yaml:2:11: error: \"9925\" is not ADDRESS:PORT, like 127.0.0.1:9925\n"},
    {"metrics_open", "metrics: {listen: \"0.0.0.0:9925\"}\n",
     "g.yaml:2:11: warning: metrics and the status page can be read by anybody who reaches 0.0.0.0:9925: set "
     "metrics.auth\n"},
    {"metrics_login_in_clear", "metrics: {listen: \"[::]:9925\", auth: {user: a, password: \"${env:PATH}\"}}\n",
     "g.yaml:2:11: warning: the login of metrics.auth crosses the network to [::]:9925 in clear: set metrics.tls\n"},
    {"metrics_half_a_login", "metrics: {listen: \"127.0.0.1:9925\", auth: {user: a}}\n",
     "g.yaml:2:37: error: metrics.auth needs both user and password\n"},
    {"metrics_actions_for_everybody", "metrics: {listen: \"127.0.0.1:9925\", actions: yes}\n",
     "g.yaml:2:37: error: metrics.actions lets the status page change the queue: set metrics.auth\n"},
    // Routes
    {"route_without_relay", "routes: {r: {concurrency: 2}}\n", "g.yaml:2:10: error: route \"r\" needs \"relay\"\n"},
    {"relay_syntax", "routes: {r: {relay: [\"[10.0.0.5:25\", \"h:port\", \"[::1]:25\", \"h:25\", mx]}}\n",
     "g.yaml:2:14: error: \"[10.0.0.5:25\" is no server; write \"[HOST]:PORT\", \"[HOST]\", HOST or mx\n"
     "g.yaml:2:14: error: \"h:port\" is no server; write \"[HOST]:PORT\", \"[HOST]\", HOST or mx\n"},
    {"password_in_clear", "routes: {r: {relay: h, tls: {level: none}, auth: {user: u, password: p}}}\n",
     "g.yaml:2:44: error: a password is not sent in clear: set tls.level to encrypt or higher\n"},
    // Directories
    {"directory_servers", "directories: {d: {servers: [\"http://h\"]}}\n",
     "g.yaml:2:19: error: \"http://h\" is no server; write ldap://HOST, ldaps://HOST, ldapi://PATH or ldif:PATH\n"},
    {"replica_that_is_off", "directories: {d: {servers: \"ldap://h\", when_unavailable: replica}}\n",
     "g.yaml:2:40: error: there is no replica to answer: set replica.mode\n"},
    {"bind_in_clear", "directories: {d: {servers: \"ldap://h\", bind: {dn: x, password: y}}}\n",
     "g.yaml:2:40: warning: the password goes over the network in clear; set tls.mode to starttls, or use ldaps://\n"},
    // Files
    {"missing_table", "tables: {t: {type: file, file: /nowhere/t}}\n",
     "g.yaml:2:26: error: table /nowhere/t: there is no such file\n"},
    {"missing_inline_table", "relocated: \"hash:/nowhere/t\"\n",
     "g.yaml:2:12: error: table /nowhere/t: there is no such file\n"},
    {"missing_certificate", "tls: {certificates: [{cert: /nowhere/c, key: /nowhere/k}]}\n",
     "g.yaml:2:23: error: certificate /nowhere/c: there is no such file\ng.yaml:2:41: error: key /nowhere/k: there is "
     "no such file\n"},
    {"bad_line_of_content",
     "tables:\n  t:\n    type: cidr\n    content: |\n      10.0.0.0/8 OK\n      10.0.0.0/99 OK\n",
     "g.yaml:7:1: error: table \"t\": "},
    {"bad_inline", "relocated: \"inline:{a}\"\n", "g.yaml:2:12: error: "},
    // Relaying
    {"everybody_may_relay", "mynetworks: 0.0.0.0/0\n",
     "g.yaml:2:1: error: 0.0.0.0/0 is everybody: this would be an open relay\n"},
    {"large_network", "mynetworks: 8.0.0.0/7\n",
     "g.yaml:2:1: warning: 8.0.0.0/7 is a very large network; all of it may relay\n"},
    {"open_relay", "restrictions:\n  relay: []\n  recipient: [permit_mynetworks]\n",
     "g.yaml:4:3: error: no restriction denies relaying, so all mail would be refused with 451; put "
     "reject_unauth_destination (or "
     "reject) into \"relay\" or \"recipient\"\n"},
    {"table_of_a_restriction",
     "restrictions:\n  client:\n    - check_client_access whte\ntables: {white: {type: inline, entries: {a: OK}}}\n",
     "g.yaml:4:7: error: unknown table \"whte\"; did you mean \"white\"?\n"},
    {"back_off", "queue: {minimal_backoff_time: 2h}\n",
     "g.yaml:2:9: error: minimal_backoff_time is longer than maximal_backoff_time\n"},
};

INSTANTIATE_TEST_SUITE_P(Config, CheckConfig, testing::ValuesIn(doubtful_configs),
                         [](const auto& row) { return row.param.name; });

TEST(CheckConfigRestrictions, problems_have_their_line) {
  const std::string misspelt = findings_of(
      "hostname: mx.example.com\nrestrictions:\n  client:\n    - permit_mynetworks\n    - reject_unknown_clien\n");
  EXPECT_NE(misspelt.find("g.yaml:5:7: error: "), std::string::npos) << misspelt;
  const std::string unreachable =
      findings_of("hostname: mx.example.com\nrestrictions:\n  recipient:\n    - reject\n    - permit_mynetworks\n");
  EXPECT_NE(unreachable.find("g.yaml:5:7: warning: "), std::string::npos) << unreachable;
}

TEST(CheckConfigFiles, secrets_that_everybody_may_read) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "gatepost_check_test";
  std::filesystem::create_directories(folder / "secrets");
  const std::string secret = folder / "secrets/s";
  std::ofstream(secret) << "x";
  const std::string text = "hostname: mx.example.com\nluser_relay: ${credential:s}\n";
  ::chmod(secret.c_str(), 0644);
  const std::string open = findings_of(text, folder / "g.yaml");
  ::chmod(secret.c_str(), 0600);
  const std::string closed = findings_of(text, folder / "g.yaml");
  std::filesystem::remove_all(folder);
  EXPECT_NE(open.find("g.yaml:2:14: warning: " + secret + " may be read by every user; chmod o-r"), std::string::npos)
      << open;
  EXPECT_EQ(closed, "");
}

/// Findings of an example but for files and hosts that this machine lacks.
std::string findings_of_example(const std::string& name) {
  const std::string path = std::string(GATEPOST_SOURCE_DIR "/etc/examples/") + name;
  const auto folder = std::filesystem::path(testing::TempDir()) / ("gatepost_example_" + name);
  std::filesystem::create_directories(folder);
  for (const auto* secret : {"ldap-bind", "tls-key", "relay-password"}) {
    std::ofstream(folder / secret) << "-----BEGIN PRIVATE KEY-----";
    ::chmod((folder / secret).c_str(), 0600);
  }
  ::setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  Findings findings;
  const auto read = read_config(path, findings);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  std::filesystem::remove_all(folder);
  const auto more = read ? check_config(**read) : read.error();
  findings.insert(findings.end(), more.begin(), more.end());
  std::string lines;
  for (const auto& finding : findings)
    if (finding.text.find("there is no such file") == std::string::npos) lines += to_string(finding) + "\n";
  return lines;
}

TEST(ConfigExamples, are_clean) {
  EXPECT_EQ(findings_of_example("corporate-mx.yaml"), "");
  EXPECT_EQ(findings_of_example("ldap-mailboxes.yaml"), "");
  EXPECT_EQ(findings_of_example("smarthost.yaml"), "");
}

}  // namespace
}  // namespace gateway::config
