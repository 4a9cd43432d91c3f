#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gateway/config/read_config.hpp"

namespace gateway::config {
namespace {

std::string all_lines(const Findings& findings) {
  std::string lines;
  for (const auto& finding : findings) lines += to_string(finding) + "\n";
  return lines;
}

std::string errors_of(const std::string& text) {
  Findings warnings;
  const auto read = read_config_text(text, "gatepost.yaml", warnings);
  return read ? "" : all_lines(read.error());
}

std::shared_ptr<const Config> good(const std::string& text) {
  Findings warnings;
  const auto read = read_config_text(text, "/srv/gate/gatepost.yaml", warnings);
  if (!read) ADD_FAILURE() << all_lines(read.error());
  return read ? *read : std::make_shared<const Config>();
}

struct Bad {
  const char* name;
  const char* text;  // behind "hostname: mx.example.com\n", which is line 1
  const char* errors;
};

class BadConfig : public testing::TestWithParam<Bad> {};

TEST_P(BadConfig, is_explained) {
  EXPECT_EQ(errors_of(std::string("hostname: mx.example.com\n") + GetParam().text), GetParam().errors);
}

const Bad bad_configs[] = {
    // Keys
    {"unknown_key_deep", "listeners:\n  - name: mx\n    client_limits: {conections: 5}\n",
     "gatepost.yaml:4:21: error: unknown key \"conections\" in listeners.mx.client_limits; did you mean "
     "\"connections\"?\n"},
    {"unknown_key_on_top", "listener: []\n",
     "gatepost.yaml:2:1: error: unknown key \"listener\"; did you mean \"listeners\"?\n"},
    {"key_of_another_section", "message_size_limit: 5M\n",
     "gatepost.yaml:2:1: error: unknown key \"message_size_limit\"; it belongs under \"limits\"\n"},
    {"key_like_none", "colour: red\n", "gatepost.yaml:2:1: error: unknown key \"colour\"\n"},
    {"dash_for_underscore", "queue: {queue-run-delay: 5s}\n",
     "gatepost.yaml:2:9: error: unknown key \"queue-run-delay\" in queue; did you mean \"queue_run_delay\"?\n"},
    {"duplicate_key", "myorigin: a.example\nmyorigin: b.example\n",
     "gatepost.yaml:3:1: error: duplicate key \"myorigin\"; it already stands in line 2\n"},
    {"several_errors_at_once", "queue: {queue_run_delay: soon}\nlimits: {message_size_limit: big, hopcount_limit: 0}\n",
     "gatepost.yaml:2:26: error: queue.queue_run_delay: \"soon\" is not a duration; write it like 30s, 5m, 4h, 5d or "
     "1w\n"
     "gatepost.yaml:3:30: error: limits.message_size_limit: \"big\" is not a size; write it in bytes or like 100K, 50M "
     "or 2G\n"
     "gatepost.yaml:3:51: error: limits.hopcount_limit: 0 is out of range; it must be from 1 to 1000\n"},
    {"later_capability", "rate_limits: {delay: 5m}\n", "gatepost.yaml:2:1: error: rate_limits: not yet supported\n"},
    {"later_capability_empty", "shared_state:\n", "gatepost.yaml:2:1: error: shared_state: not yet supported\n"},
    {"preset_part", "directories:\n  corp:\n    recipient: {filtre: x}\n",
     "gatepost.yaml:4:17: error: directories.corp.recipient: \"filtre\" is not known here; it must be filter, "
     "wildcard, addresses, "
     "address_prefix, home, uid, gid, user, mail_host, quota, quota_unit, routing_address, keep_copy, forward_if or "
     "refuse_unrouted; "
     "did you mean \"filter\"?\n"},
    {"missing_in_item", "listeners:\n  - port: 25\n", "gatepost.yaml:3:5: error: listeners.0: \"name\" is missing\n"},
    {"missing_class", "domains:\n  example.com:\n",
     "gatepost.yaml:3:3: error: domains.example.com: \"class\" is missing\n"},
    {"name_with_colon", "tables:\n  \"a:b\": {type: inline, entries: {x: y}}\n",
     "gatepost.yaml:3:3: error: tables.a:b: a name holds no white space and none of : , { }\n"},
    // Values
    {"mapping_for_list", "listeners: {mx: 25}\n",
     "gatepost.yaml:2:12: error: listeners: a list is expected here, not a mapping\n"},
    {"list_for_scalar", "myorigin: [a, b]\n",
     "gatepost.yaml:2:11: error: myorigin: a host name is expected here, not a list\n"},
    {"scalar_for_section", "queue: fast\n",
     "gatepost.yaml:2:8: error: queue: a mapping is expected here, not a single value\n"},
    {"neither_yes_nor_no", "restrictions: {delay_reject: maybe}\n",
     "gatepost.yaml:2:30: error: restrictions.delay_reject: \"maybe\" is neither yes nor no\n"},
    {"choice", "listeners:\n  - {name: mx, tls: wraper}\n",
     "gatepost.yaml:3:21: error: listeners.mx.tls: \"wraper\" is not known here; it must be none, opportunistic, "
     "required or wrapper; "
     "did you mean \"wrapper\"?\n"},
    {"choice_in_list", "queue: {notify_classes: [resource, softwar]}\n",
     "gatepost.yaml:2:36: error: queue.notify_classes: \"softwar\" is not known here; it must be bounce, 2bounce, "
     "data, delay, policy, "
     "protocol, resource or software; did you mean \"software\"?\n"},
    {"port", "listeners:\n  - {name: mx, port: 65536}\n",
     "gatepost.yaml:3:22: error: listeners.mx.port: 65536 is out of range; it must be from 0 to 65535\n"},
    {"number", "limits: {recipient_limit: 0x10}\n",
     "gatepost.yaml:2:27: error: limits.recipient_limit: \"0x10\" is not a whole number\n"},
    {"rate", "routes: {default: {relay: mx, rate: 60 per minute}}\n",
     "gatepost.yaml:2:37: error: routes.default.rate: \"60 per minute\" is not a rate; write it like 60/1m (60 a "
     "minute), or 0 for no "
     "limit\n"},
    {"percent", "directories: {d: {replica: {refuse_shrink: 120%}}}\n",
     "gatepost.yaml:2:44: error: directories.d.replica.refuse_shrink: \"120%\" is not a percentage; write it like "
     "20%\n"},
    {"network_with_host_bits", "mynetworks: [10.0.0.1/8]\n",
     "gatepost.yaml:2:14: error: mynetworks: \"10.0.0.1/8\" has host bits, or a prefix that is too long; write the "
     "network's own address\n"},
    {"network", "mynetworks: [lan]\n",
     "gatepost.yaml:2:14: error: mynetworks: \"lan\" is not a network; write it like 10.0.0.0/8 or 2001:db8::/32\n"},
    {"protocol", "routes: {r: {relay: h, protocol: lmpt}}\n",
     "gatepost.yaml:2:34: error: routes.r.protocol: \"lmpt\" is not a protocol; it must be smtp, lmtp or "
     "lmtp:unix:PATH\n"},
    {"proxy_without_trust", "listeners:\n  - {name: mx, proxy_protocol: yes}\n",
     "gatepost.yaml:3:16: error: listeners.mx.proxy_protocol: needs trusted_proxies: anybody could claim to be "
     "anybody\n"},
    // Tables
    {"table_type", "tables: {t: {type: hsah, file: x}}\n",
     "gatepost.yaml:2:20: error: tables.t.type: \"hsah\" is not known here; it must be inline, file, hash, btree, "
     "texthash, dbm, cdb, "
     "lmdb, pcre, regexp, cidr, static or ldap; did you mean \"hash\"?\n"},
    {"table_without_text", "tables: {t: {type: pcre}}\n",
     "gatepost.yaml:2:10: error: tables.t: needs either \"file\" or \"content\"\n"},
    {"entries_of_pcre", "tables: {t: {type: pcre, file: x, entries: {a: b}}}\n",
     "gatepost.yaml:2:35: error: tables.t: \"entries\" is for type inline, not for type pcre\n"},
    {"ldap_key_of_file", "tables: {t: {type: file, file: x, query_filter: y}}\n",
     "gatepost.yaml:2:35: error: tables.t: \"query_filter\" is for type ldap, not for type file\n"},
    {"ldap_without_server", "tables: {t: {type: ldap}}\n",
     "gatepost.yaml:2:10: error: tables.t: type ldap needs \"directory\", \"server_host\" or \"file\"\n"},
    // YAML
    {"at_key", "rewrite:\n  generic:\n    @a.example: @b.example\n",
     "gatepost.yaml:4:5: error: a key that starts with one of @ * % ! & must be quoted in YAML: write "
     "\"@a.example\":\n"},
    {"at_key_in_braces", "rewrite: {generic: {@a.example: x}}\n",
     "gatepost.yaml:2:21: error: a key that starts with one of @ * % ! & must be quoted in YAML: write "
     "\"@a.example\":\n"},
    {"star_key", "domains:\n  *: {class: relay}\n",
     "gatepost.yaml:3:3: error: a key that starts with one of @ * % ! & must be quoted in YAML: write \"*\":\n"},
    {"percent_key", "tables:\n  t: {type: inline, entries: {%x: y}}\n",
     "gatepost.yaml:3:31: error: a key that starts with one of @ * % ! & must be quoted in YAML: write \"%x\":\n"},
    {"percent_key_at_line_start", "%x: y\n",
     "gatepost.yaml:2:1: error: a key that starts with one of @ * % ! & must be quoted in YAML: write \"%x\":\n"},
    {"bang_key", "rewrite:\n  generic:\n    !a: b\n",
     "gatepost.yaml:4:5: error: a key that starts with one of @ * % ! & must be quoted in YAML: write \"!a\":\n"},
    {"ampersand_key", "rewrite:\n  generic:\n    &a: b\n",
     "gatepost.yaml:4:5: error: a key that starts with one of @ * % ! & must be quoted in YAML: write \"&a\":\n"},
    {"at_value", "bcc: {always: @b}\n", "gatepost.yaml:2:15: error: a value that starts with \"@\" must be quoted\n"},
    {"tag", "limits: {recipient_limit: !!int 5}\n",
     "gatepost.yaml:2:27: error: YAML tags (!name) are not used here; quote a value that starts with \"!\"\n"},
    {"tab", "queue:\n\tqueue_run_delay: 5s\n", "gatepost.yaml:3:1: error: YAML indents with spaces, not with tabs\n"},
    {"second_document", "---\nhostname: b.example\n",
     "gatepost.yaml:2:1: error: a second YAML document begins here; a configuration is one document\n"},
    {"colon_in_value", "luser_relay: a: b\n",
     "gatepost.yaml:2:15: error: not valid YAML: a value that holds \": \" must be quoted, and all keys of a block "
     "must stand in one "
     "column\n"},
    {"merge_of_no_mapping", "bcc: {<<: x}\n",
     "gatepost.yaml:2:11: error: \"<<\" needs the alias of a mapping, like <<: *name\n"},
    // Secrets
    {"missing_variable", "luser_relay: ${env:GATEPOST_NO_SUCH_VARIABLE}\n",
     "gatepost.yaml:2:14: error: ${env:GATEPOST_NO_SUCH_VARIABLE}: this environment variable is not set\n"},
    {"missing_file", "luser_relay: ${file:/nowhere/x}\n",
     "gatepost.yaml:2:14: error: ${file:/nowhere/x}: there is no file /nowhere/x\n"},
    {"credential_with_path", "luser_relay: ${credential:../x}\n",
     "gatepost.yaml:2:14: error: ${credential:../x}: a credential's name holds no \"/\" and starts with no dot\n"},
};

INSTANTIATE_TEST_SUITE_P(Config, BadConfig, testing::ValuesIn(bad_configs),
                         [](const auto& row) { return row.param.name; });

TEST(ConfigReader, hostname_is_required) {
  EXPECT_EQ(errors_of("version: 1\n"), "gatepost.yaml:1:1: error: \"hostname\" is missing\n");
  EXPECT_EQ(errors_of(""), "gatepost.yaml: error: \"hostname\" is missing\n");
  EXPECT_EQ(errors_of("hostname: mx_1..example\n"),
            "gatepost.yaml:1:11: error: hostname: \"mx_1..example\" is not a host name\n");
  EXPECT_EQ(errors_of("hostname:\n"), "gatepost.yaml:1:1: error: hostname: \"\" is not a host name\n");
  EXPECT_EQ(errors_of("hostname: mx.example.com\nversion: 2\n"),
            "gatepost.yaml:2:10: error: version: 2 is out of range; it must be from 1 to 1\n");
}

TEST(ConfigReader, missing_file_is_named) {
  Findings warnings;
  const auto read = read_config("/nowhere/gatepost.yaml", warnings);
  ASSERT_FALSE(read);
  EXPECT_EQ(all_lines(read.error()), "/nowhere/gatepost.yaml: error: there is no such file\n");
}

TEST(ConfigReader, fills_in_defaults) {
  const auto config = good("hostname: mx.example.com\n");
  EXPECT_EQ(config->mydomain, "example.com");
  EXPECT_EQ(config->myorigin, "mx.example.com");
  ASSERT_EQ(config->listeners.size(), 1U);
  EXPECT_EQ(config->listeners[0].name, "mx");
  EXPECT_EQ(config->listeners[0].port, 25);
  ASSERT_EQ(config->mynetworks.size(), 2U);
  EXPECT_EQ(config->mynetworks[1].to_string(), "::1/128");
  ASSERT_EQ(config->routes.size(), 1U);
  EXPECT_EQ(config->routes[0].relay, std::vector<std::string>{"mx"});
  ASSERT_EQ(config->restrictions.size(), 1U);
  EXPECT_FALSE(config->restrictions[0].recipient.has_value());
}

TEST(ConfigReader, a_host_name_without_domain_is_a_warning) {
  Findings warnings;
  ASSERT_TRUE(read_config_text("hostname: mx\n", "g.yaml", warnings));
  EXPECT_EQ(all_lines(warnings),
            "g.yaml:1:1: warning: hostname: \"mx\" has no domain; other servers want a full name\n");
}

TEST(ConfigReader, scalars_mean_what_is_written) {
  const auto config = good(
      "hostname: mx.example.com\nmynetworks: 10.0.0.0/8, [::1]/128\nlimits: {recipient_limit: 010, smtpd_timeout: "
      "300}\n"
      "restrictions: {delay_reject: off, helo_required: True}\n"
      "listeners: [{name: a, auth: no, port: 0, address: \"::\"}, {name: b, auth: false}]\nbcc: {always: \"\"}\n");
  EXPECT_EQ(config->limits.recipient_limit, 10U);
  EXPECT_EQ(config->limits.smtpd_timeout, Seconds(300));
  EXPECT_FALSE(config->delay_reject);
  EXPECT_TRUE(config->helo_required);
  EXPECT_EQ(config->listeners[0].auth, ListenerAuth::no);
  EXPECT_EQ(config->listeners[1].auth, ListenerAuth::no);
  EXPECT_EQ(config->listeners[0].port, 0);
  EXPECT_EQ(config->listeners[0].address, std::vector<std::string>{"::"});
  ASSERT_EQ(config->mynetworks.size(), 2U);
  EXPECT_EQ(config->mynetworks[1].to_string(), "::1/128");
}

TEST(ConfigReader, restrictions_have_sets_classes_and_places) {
  const auto config = good(
      "hostname: mx.example.com\n"
      "restriction_classes:\n  inside: \"check_sender_access inline:{a=OK,b=OK}, reject\"\n  list: [reject]\n"
      "restrictions:\n  client:\n  recipient:\n    - permit_mynetworks\n    - check_client_access cidr:tables/c\n"
      "    - permit_sasl_authenticated, reject\n  submission: {sender: [reject_sender_login_mismatch]}\n");
  const auto& unnamed = config->restrictions[0];
  ASSERT_TRUE(unnamed.client.has_value());
  EXPECT_TRUE(unnamed.client->empty());
  ASSERT_EQ(unnamed.recipient->size(), 4U);
  EXPECT_EQ((*unnamed.recipient)[1].text, "check_client_access cidr:/srv/gate/tables/c");
  EXPECT_EQ((*unnamed.recipient)[1].place.line, 9);
  EXPECT_EQ((*unnamed.recipient)[3].text, "reject");
  ASSERT_EQ(config->restrictions.size(), 2U);
  EXPECT_EQ(config->restrictions[1].name, "submission");
  EXPECT_FALSE(config->restrictions[1].recipient.has_value());
  ASSERT_EQ(config->restriction_classes.size(), 2U);
  ASSERT_EQ(config->restriction_classes[0].items.size(), 2U);
  EXPECT_EQ(config->restriction_classes[0].items[0].text, "check_sender_access inline:{a=OK,b=OK}");
}

TEST(ConfigReader, map_references_have_three_forms) {
  const auto config = good(
      "hostname: mx.example.com\ntransport: hash:transport, inline:{a=b, c=d}\nrelocated: [moved, \"proxy:hash:/x\"]\n"
      "rewrite:\n  generic:\n    \"@a.example\": \"@b.example\"\n");
  ASSERT_EQ(config->transport.size(), 2U);
  EXPECT_EQ(config->transport[0].text, "hash:/srv/gate/transport");
  EXPECT_EQ(config->transport[1].text, "inline:{a=b, c=d}");
  EXPECT_EQ(config->relocated[1].text, "proxy:hash:/x");
  ASSERT_EQ(config->rewrite.generic.size(), 1U);
  EXPECT_EQ(config->rewrite.generic[0].text, "rewrite.generic");
  EXPECT_EQ(config->rewrite.generic[0].place.line, 6);
  ASSERT_EQ(config->tables.size(), 1U);
  EXPECT_TRUE(config->tables[0].in_place);
  EXPECT_EQ(config->tables[0].entries[0], (std::pair<std::string, std::string>("@a.example", "@b.example")));
}

TEST(ConfigReader, relative_paths_start_at_the_file) {
  const auto config = good(
      "hostname: mx.example.com\nqueue: {directory: spool}\ncontrol: {socket: ./run/control.sock}\nmailboxes: {base: "
      "../mail}\n"
      "logging: {to: \"file:log/mail.log\"}\nroutes: {l: {protocol: \"lmtp:unix:lmtp.sock\"}}\n"
      "directories: {d: {servers: [\"ldif:people.ldif\", \"ldap://h\"]}}\nfilters: {f: {milter: \"unix:f.sock\"}}\n"
      "tables: {t: {type: file, file: t.txt}}\n");
  EXPECT_EQ(config->queue.directory, "/srv/gate/spool");
  EXPECT_EQ(config->control.socket, "/srv/gate/run/control.sock");
  EXPECT_EQ(config->mailboxes.base, "/srv/mail");
  EXPECT_EQ(config->logging.to, "file:/srv/gate/log/mail.log");
  EXPECT_EQ(config->routes[0].unix_path, "/srv/gate/lmtp.sock");
  EXPECT_EQ(config->routes[0].protocol, Protocol::lmtp);
  EXPECT_EQ(config->directories[0].servers, (std::vector<std::string>{"ldif:/srv/gate/people.ldif", "ldap://h"}));
  EXPECT_EQ(config->filters[0].milter, "unix:/srv/gate/f.sock");
  EXPECT_EQ(config->tables[0].file, "/srv/gate/t.txt");
}

TEST(ConfigReader, preset_lines_become_overrides) {
  const auto config = good(
      "hostname: mx.example.com\ndirectories:\n  d:\n    servers: [\"ldaps://h\"]\n    recipient: \"(mail=%s)\"\n"
      "    group: {filter: \"(cn=%u)\", members: [member, uniqueMember]}\n    sender_owner: mail\n");
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(config->directories[0].overrides, (std::vector<Pair>{{"recipient", "(mail=%s)"},
                                                                 {"group.filter", "(cn=%u)"},
                                                                 {"group.members", "member, uniqueMember"},
                                                                 {"sender_owner", "mail"}}));
  EXPECT_EQ(config->directories[0].tls.mode, DirectoryTlsMode::ldaps);
}

TEST(ConfigReader, anchors_and_merge_keys_work) {
  const auto config = good(
      "hostname: mx.example.com\ndomains:\n  a.example: &d {class: relay, route: x}\n  b.example: *d\n  c.example: "
      "{<<: *d, route: y}\n");
  ASSERT_EQ(config->domains.size(), 3U);
  EXPECT_EQ(config->domains[1].route, "x");
  EXPECT_EQ(config->domains[2].domain_class, DomainClass::relay);
  EXPECT_EQ(config->domains[2].route, "y");
}

TEST(ConfigReader, growth_by_aliases_is_bounded) {
  std::string text = "hostname: mx.example.com\ntables:\n  a0: &a0 {x: y}\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "  a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + "," + last + "]\n";
  }
  EXPECT_NE(errors_of(text).find("the file holds more than a million values"), std::string::npos);
  const std::string deep(5000, '[');
  EXPECT_NE(errors_of("hostname: " + deep).find("nested deeper than 32 levels"), std::string::npos);
}

TEST(ConfigReader, secrets_may_stay_unread) {
  ::unsetenv("GATEPOST_NO_SECRET");
  const char* text =
      "hostname: mx.example.com\nmetrics: {listen: \"127.0.0.1:1\", auth: {user: a, password: "
      "\"${credential:nobody_has_it}\"}, tls: {cert: a.pem, key: \"${env:GATEPOST_NO_SECRET}\"}}\n";
  Findings warnings;
  EXPECT_FALSE(read_config_text(text, "g.yaml", warnings));
  const auto read = read_config_text(text, "g.yaml", warnings, Secrets::unread);
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)->metrics.listen, "127.0.0.1:1");
  EXPECT_NE((*read)->metrics.password, "${credential:nobody_has_it}");
}

TEST(ConfigReader, secrets_are_looked_up) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "gatepost_secrets_test";
  std::filesystem::create_directories(folder / "secrets");
  std::filesystem::create_directories(folder / "credentials");
  std::ofstream(folder / "secrets/one") << "first\n";
  std::ofstream(folder / "credentials/two") << "second";
  std::ofstream(folder / "three") << "third\n\n";
  ::setenv("GATEPOST_TEST_SECRET", "fourth", 1);
  ::setenv("CREDENTIALS_DIRECTORY", (folder / "credentials").c_str(), 1);
  Findings warnings;
  const auto read = read_config_text(
      "hostname: mx.example.com\nluser_relay: ${credential:one}@a\nbcc: {always: \"${credential:two}\"}\n"
      "recipient_delimiter: \"${file:three}\"\nmyorigin: ${env:GATEPOST_TEST_SECRET}.example\n"
      "tables: {t: {type: pcre, content: \"/^(x)/ ${1} ${credential}\"}}\n",
      (folder / "gatepost.yaml").string(), warnings);
  const auto wrong = read_config_text("hostname: mx.example.com\nlimits: {hopcount_limit: \"${credential:one}\"}\n",
                                      (folder / "gatepost.yaml").string(), warnings);
  const auto no_pem =
      read_config_text("hostname: mx.example.com\ntls: {certificates: [{cert: c, key: \"${credential:one}\"}]}\n",
                       (folder / "g.yaml").string(), warnings);
  const auto missing = read_config_text("hostname: mx.example.com\nluser_relay: ${credential:none}\n",
                                        (folder / "g.yaml").string(), warnings);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  ::unsetenv("GATEPOST_TEST_SECRET");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(read) << all_lines(read.error());
  EXPECT_EQ((*read)->luser_relay, "first@a");
  EXPECT_EQ((*read)->bcc.always, "second");
  EXPECT_EQ((*read)->recipient_delimiter, "third\n");
  EXPECT_EQ((*read)->myorigin, "fourth.example");
  EXPECT_EQ((*read)->tables[0].content, "/^(x)/ ${1} ${credential}");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error()[0].text, "limits.hopcount_limit: \"***\" is not a whole number");
  ASSERT_FALSE(no_pem);
  EXPECT_EQ(no_pem.error()[0].text, "tls.certificates.0.key: the credential or file holds no PEM text");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error()[0].text,
            "${credential:none}: neither in $CREDENTIALS_DIRECTORY nor in " + (folder / "secrets").string());
}

}  // namespace
}  // namespace gateway::config
