#include "gateway/postfix/import_postfix.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/config/check_config.hpp"
#include "gateway/config/read_config.hpp"

namespace gateway::postfix {
namespace {

class PostfixImport : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("gatepost_import_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  /// Imports the folder; the passwords are put where the file looks for them, and the file must be read without error.
  std::shared_ptr<const config::Config> import() {
    auto imported = import_postfix(folder_);
    if (!imported) {
      ADD_FAILURE() << imported.error();
      return nullptr;
    }
    imported_ = std::move(*imported);
    std::filesystem::create_directories(folder_ / "secrets");
    for (const auto& secret : imported_.secrets)
      std::ofstream(folder_ / "secrets" / secret.name) << secret.text << "\n";
    write("gatepost.yaml", imported_.yaml);
    config::Findings warnings;
    auto read = config::read_config(folder_ / "gatepost.yaml", warnings);
    if (read) return *read;
    for (const auto& finding : read.error()) ADD_FAILURE() << to_string(finding) << "\n" << imported_.yaml;
    return nullptr;
  }

  bool is_noted(const std::string& file_and_line, const std::string& words) const {
    for (const auto& note : imported_.notes) {
      const auto text = to_string(note);
      if (text.find(file_and_line) != std::string::npos && text.find(words) != std::string::npos) return true;
    }
    return false;
  }

  /// Errors of `gatepost check` but for files that this machine lacks.
  static std::vector<std::string> errors_of(const config::Config& config) {
    std::vector<std::string> errors;
    for (const auto& finding : config::check_config(config))
      if (finding.severity == config::Severity::error &&
          finding.text.find("there is no such file") == std::string::npos)
        errors.push_back(to_string(finding));
    return errors;
  }

  std::filesystem::path folder_;
  Imported imported_;
};

std::vector<std::string> texts_of(const std::optional<config::Texts>& texts) {
  std::vector<std::string> result;
  if (texts)
    for (const auto& text : *texts) result.push_back(text.text);
  return result;
}

using Words = std::vector<std::string>;

// A relay for the messages of the system: minimal, without master.cf.
TEST_F(PostfixImport, codes_and_texts_of_refusals_keep_their_names) {
  write(
      "main.cf",
      "myhostname = mx.example.com\nmynetworks = 127.0.0.0/8\nreject_code = 550\n"
      "unverified_recipient_reject_code = 550\naddress_verify_negative_refresh_time = 30m\n"
      "address_verify_positive_expire_time = 7\naddress_verify_sender = probe\n"
      "address_verify_map = lmdb:$data_directory/verify\nunverified_recipient_tempfail_action = defer\n"
      "default_rbl_reply = $rbl_code $rbl_what is listed${rbl_reason?; $rbl_reason}\n"
      "smtpd_reject_footer = \\c; ask $server_name\npermit_mx_backup_networks = 192.0.2.0/24, $mynetworks, !10.0.0.1\n"
      "smtpd_client_event_limit_exceptions = $mynetworks\n");
  const auto config = import();
  ASSERT_TRUE(config);
  const auto& refusals = config->refusals;
  EXPECT_EQ(refusals.codes.reject, 550);
  EXPECT_EQ(refusals.codes.unverified_recipient_reject, 550);
  EXPECT_EQ(refusals.unverified_recipient, policy::TempfailAction::defer);
  EXPECT_EQ(refusals.default_rbl_reply, "$rbl_code $rbl_what is listed${rbl_reason?; $rbl_reason}");
  EXPECT_EQ(refusals.reject_footer, "\\c; ask $server_name");
  EXPECT_EQ(config->address_verify.sender, "probe");
  EXPECT_EQ(config->address_verify.negative_refresh, std::chrono::minutes(30));
  EXPECT_EQ(config->address_verify.positive_expire, std::chrono::hours(7 * 24));
  ASSERT_EQ(config->permit_mx_backup_networks.size(), 2u);
  EXPECT_TRUE(is_noted("main.cf:12", "!10.0.0.1 is not carried over"));
  ASSERT_TRUE(config->rate_limits.exceptions);
  EXPECT_EQ(config->rate_limits.exceptions->size(), 1u);
}

TEST_F(PostfixImport, the_pregreet_test_of_postscreen_is_carried_over) {
  write("main.cf",
        "myhostname = mx.example.com\nmynetworks = 127.0.0.0/8\npostscreen_greet_action = enforce\n"
        "postscreen_greet_wait = 4s\n");
  write("master.cf", "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n");
  const auto config = import();
  ASSERT_TRUE(config);
  ASSERT_EQ(config->listeners.size(), 1u);
  EXPECT_EQ(config->listeners[0].pregreet.wait, std::chrono::seconds(4));
  EXPECT_EQ(config->listeners[0].pregreet.banner, "mx.example.com ESMTP");
}

TEST_F(PostfixImport, a_small_relay_with_a_login) {
  write("main.cf",
        "myhostname = srv1.lan.example.com\n"
        "myorigin = example.com\n"
        "mynetworks = 127.0.0.0/8, 192.168.1.0/24\n"
        "inet_interfaces = loopback-only\n"
        "relayhost = [smtp.provider.example]:submission\n"
        "smtp_sasl_auth_enable = yes\n"
        "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd_of_test\n"
        "smtp_tls_security_level = encrypt\n");
  write("sasl_passwd_of_test", "[smtp.provider.example]:submission srv1:geheim:1\n");
  const auto config = import();
  ASSERT_TRUE(config);
  const auto& route = config->routes.front();
  EXPECT_EQ(route.relay, Words{"[smtp.provider.example]:587"});
  EXPECT_EQ(route.tls.level, config::TlsLevel::encrypt);
  ASSERT_TRUE(route.auth);
  EXPECT_EQ(route.auth->user, "srv1");
  EXPECT_EQ(route.auth->password, "geheim:1");
  EXPECT_EQ(imported_.yaml.find("geheim"), std::string::npos) << "the password stands in the file";
  EXPECT_EQ(config->listeners.front().address, (Words{"127.0.0.1", "::1"}));
  EXPECT_EQ(errors_of(*config), Words{});
}

// Identity, quotas and virtual domains, in the spelling of an old course: "mynetwork", "virtual_alias_domain" without
// "=".
TEST_F(PostfixImport, virtual_domains_in_old_spellings) {
  write("main.cf",
        "myorigin = domaine.example\n"
        "mydestination = domaine.example, localhost\n"
        "mynetwork = 10.1.0.0/16\n"
        "myhostname = alpha.domaine.example\n"
        "relayhost = relais.fournisseur.example\n"
        "virtual_alias_domain domaine2.example, domaine3.example\n"
        "virtual_alias_maps = hash:/etc/postfix/virtual_of_test\n"
        "mailbox_size_limit = 52428800\n"
        "message_size_limit = 10485760\n");
  write("virtual_of_test", "toto@domaine2.example toto\n");
  const auto config = import();
  ASSERT_TRUE(config);
  ASSERT_EQ(config->mynetworks.size(), 1u);
  EXPECT_EQ(config->mynetworks[0].to_string(), "10.1.0.0/16");
  ASSERT_EQ(config->domains.size(), 4u);
  EXPECT_EQ(config->domains[2].name, "domaine2.example");
  EXPECT_EQ(config->domains[2].domain_class, config::DomainClass::virtual_alias);
  EXPECT_EQ(config->aliases.virtual_maps.front().text, "hash:" + (folder_ / "virtual_of_test").string());
  EXPECT_EQ(config->mailboxes.mailbox_size_limit, 52428800u);
  EXPECT_EQ(config->limits.message_size_limit, 10485760u);
  EXPECT_EQ(config->routes.front().relay, Words{"relais.fournisseur.example"});
  EXPECT_TRUE(is_noted("main.cf:3:", "mynetwork is read as mynetworks"));
  EXPECT_TRUE(is_noted("main.cf:6:", "\"=\" is missing"));
  EXPECT_EQ(errors_of(*config), Words{});
}

// Comments, blanks, continuation, the last statement counts: the grammar.
TEST_F(PostfixImport, the_grammar_of_main_cf) {
  write("main.cf",
        "# a comment\n"
        "myhostname=mail.mondomaine.lan\n"
        "mydomain   =   mondomaine.lan  \n"
        "message_size_limit = 1000000\n"
        "mydestination = $myhostname,\n"
        "    # between the lines\n"
        "    localhost.$mydomain, ${mydomain}\n"
        "message_size_limit = 2000000\n"
        "maximal_queue_lifetime = 3\n"
        "delay_warning_time = 4\n"
        "smtpd_timeout = ${stress?{10}:{240}}s\n");
  const auto config = import();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->limits.message_size_limit, 2000000u);
  ASSERT_EQ(config->domains.size(), 3u);
  EXPECT_EQ(config->domains[1].name, "localhost.mondomaine.lan");
  EXPECT_EQ(config->queue.maximal_queue_lifetime.count(), 3 * 86400);
  EXPECT_EQ(config->queue.delay_warning_time.count(), 4 * 3600);
  EXPECT_EQ(config->limits.smtpd_timeout.count(), 240);
  EXPECT_TRUE(is_noted("main.cf:4:", "set again in line 8"));
}

// A server with a directory: legacy ldap:NAME maps, submission services, restriction classes, a slip of the pen.
TEST_F(PostfixImport, a_server_with_a_directory) {
  write("main.cf",
        "command_directory = /usr/sbin\n"
        "home_mailbox = Maildir/\n"
        "recipient_delimiter = +\n"
        "smtpd_banner = $myhostname ESMTP mail server\n"
        "myhostname = computer.example.com\n"
        "mydestination = $myhostname solaris localhost\n"
        "  localhost.example.com 127.0.0.1 192.0.2.7\n"
        "myorigin = example.com\n"
        "virtual_mailbox_domains = virtual.example.com\n"
        "virtual_mailbox_base = /\n"
        "virtual_mailbox_maps = proxy:ldap:people\n"
        "people_server_host = localhost\n"
        "people_search_base = ou=Virtualmail,ou=Mail,dc=example,dc=com\n"
        "people_bind = yes\n"
        "people_bind_dn = cn=Manager,dc=example,dc=com\n"
        "people_bind_pw = verschlossen\n"
        "people_query_filter = (mailLocalAddress=%s)\n"
        "people_result_attribute = homeDirectory\n"
        "alias_maps = hash:/etc/aliases ldap:aliases nis:mail.aliases\n"
        "aliases_server_host = ldap.example.com\n"
        "aliases_search_base = dc=example,dc=com\n"
        "notify_classes = resource, software, bounce, 2bounce, delay, policy, protocol\n"
        "delay_notice_recipient = delay\n"
        "mynetworks = 127.0.0.0/8,[::1]/128,10.0.0.0/16\n"
        "smtpd_helo_required = yes\n"
        "smtpd_client_restrictions = permit_mynetworks, permit_sasl_authenticated,\n"
        "    reject_unauth_destination, check_client_access hash:/etc/postfix/clients\n"
        "smtpd_helo_restrictions = reject_invalid_hostname\n"
        "smtpd_data_restrictions = reject_unauth_pipeling\n"
        "smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated,\n"
        "    check_recipient_access hash:/etc/postfix/protected, reject_unauth_destination\n"
        "smtpd_restriction_classes = onlylocal\n"
        "onlylocal = check_sender_access hash:/etc/postfix/onlylocal, reject\n"
        "smtpd_use_tls = yes\n"
        "smtpd_tls_key_file = /etc/ssl/private/mail.example.com.key\n"
        "smtpd_tls_cert_file = /etc/ssl/certs/mail.example.com.crt\n"
        "smtpd_sasl_auth_enable = yes\n"
        "smtpd_sasl_security_options = noanonymous, noplaintext\n"
        "smtp_bind_address = 192.168.1.1\n");
  write("master.cf",
        "smtp inet n - - - - smtpd\n"
        "submission inet n - - - - smtpd\n"
        "  -o smtpd_tls_security_level=encrypt\n"
        "  -o smtpd_sasl_auth_enable=yes\n"
        "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n"
        "  -o milter_macro_daemon_name=ORIGINATING\n"
        "smtps inet n - - - - smtpd\n"
        "  -o smtpd_tls_wrappermode=yes\n"
        "  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }\n"
        "127.0.0.1:3587 inet n - - - - smtpd\n"
        "pickup unix n - - 60 1 pickup\n");
  const auto config = import();
  ASSERT_TRUE(config);
  ASSERT_EQ(config->listeners.size(), 4u);
  EXPECT_EQ(config->listeners[0].tls, config::ListenerTls::opportunistic);
  EXPECT_EQ(config->listeners[0].auth, config::ListenerAuth::offered);
  EXPECT_EQ(config->listeners[1].port, 587);
  EXPECT_EQ(config->listeners[1].tls, config::ListenerTls::required);
  EXPECT_EQ(config->listeners[1].restrictions, "submission");
  EXPECT_EQ(config->listeners[2].port, 465);
  EXPECT_EQ(config->listeners[2].tls, config::ListenerTls::wrapper);
  EXPECT_EQ(config->listeners[3].port, 3587);
  EXPECT_EQ(config->listeners[3].address, Words{"127.0.0.1"});
  ASSERT_EQ(config->restrictions.size(), 3u);
  EXPECT_EQ(texts_of(config->restrictions[1].client), (Words{"permit_sasl_authenticated", "reject"}));
  EXPECT_EQ(texts_of(config->restrictions[0].client),
            (Words{"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination",
                   "check_client_access hash:/etc/postfix/clients"}));
  EXPECT_EQ(texts_of(config->restrictions[0].data), Words{"reject_unauth_pipeling"});
  ASSERT_EQ(config->restriction_classes.size(), 1u);
  EXPECT_EQ(config->restriction_classes[0].name, "onlylocal");
  ASSERT_EQ(config->tables.size(), 2u);
  const auto& people = config->tables[1].name == "people" ? config->tables[1] : config->tables[0];
  EXPECT_EQ(people.type, "ldap");
  for (const auto& [name, value] : people.parameters)
    EXPECT_EQ(name == "bind_pw" ? value : "verschlossen", "verschlossen");
  EXPECT_EQ(imported_.yaml.find("verschlossen"), std::string::npos);
  EXPECT_EQ(config->mailboxes.base, "/");
  EXPECT_EQ(config->mailboxes.path, "%{home}/Maildir/");
  EXPECT_TRUE(config->helo_required);
  EXPECT_EQ(config->queue.notify_classes.size(), 7u);
  EXPECT_EQ(config->recipient_delimiter, "+");
  EXPECT_EQ(config->sasl.backend, "cyrus");
  EXPECT_EQ(config->routes.front().bind_address, "192.168.1.1");
  EXPECT_TRUE(is_noted("main.cf:6:", "127.0.0.1 is not carried over"));
  EXPECT_TRUE(is_noted("main.cf:19:", "nis:mail.aliases is not carried over"));
  EXPECT_TRUE(is_noted("main.cf:23:", "delay_notice_recipient"));
  EXPECT_TRUE(is_noted("master.cf:2:", "milter_macro_daemon_name"));
  EXPECT_EQ(errors_of(*config), Words{});
}

// An MX in front of an old server: catch-all aliases, an "@" too many, a long recipient list.
TEST_F(PostfixImport, an_mx_in_front_of_a_server_inside) {
  write("main.cf",
        "myhostname = mx.hebergee.example\n"
        "relay_recipient_maps =\n"
        "relay_domains = mail.dyn.example\n"
        "relayhost = [192.168.2.253]\n"
        "virtual_alias_domains = @hebergee.example\n"
        "virtual_alias_maps = hash:/etc/postfix/virtual_of_test\n"
        "smtpd_recipient_restrictions =\n"
        " check_sender_access hash:/etc/postfix/whitelist,\n"
        " reject_invalid_hostname,\n"
        " reject_non_fqdn_sender,\n"
        " reject_unknown_sender_domain,\n"
        " permit_mynetworks,\n"
        " reject_unauth_destination,\n"
        " reject_rbl_client bl.spamcop.net,\n"
        " reject_rhsbl_sender dsn.rfc-ignorant.org,\n"
        " permit\n");
  write("virtual_of_test",
        "social@hebergee.example pomme@mail.dyn.example, poire@mail.dyn.example\n"
        "@hebergee.example @mail.dyn.example\n");
  const auto config = import();
  ASSERT_TRUE(config);
  std::map<std::string, config::DomainClass> domains;
  for (const auto& domain : config->domains) domains[domain.name] = domain.domain_class;
  EXPECT_EQ(domains["hebergee.example"], config::DomainClass::virtual_alias);
  EXPECT_EQ(domains["mail.dyn.example"], config::DomainClass::relay);
  EXPECT_EQ(config->routes.front().relay, Words{"[192.168.2.253]"});
  const auto recipient = texts_of(config->restrictions[0].recipient);
  ASSERT_EQ(recipient.size(), 9u);
  EXPECT_EQ(recipient[0], "check_sender_access hash:/etc/postfix/whitelist");
  EXPECT_EQ(recipient[7], "reject_rhsbl_sender dsn.rfc-ignorant.org");
  // The recipient list alone decided about relaying then.
  ASSERT_TRUE(config->restrictions[0].relay);
  EXPECT_TRUE(config->restrictions[0].relay->empty());
  EXPECT_TRUE(is_noted("main.cf:3:", "relay_recipient_maps is empty"));
  EXPECT_TRUE(is_noted("main.cf:5:", "@hebergee.example is read as hebergee.example"));
  EXPECT_EQ(errors_of(*config), Words{});
}

TEST_F(PostfixImport, a_lost_restriction_is_told_and_stays_visible) {
  write("main.cf",
        "myhostname = mx.example.com\n"
        "smtpd_recipient_restrictions = permit_mynetworks, check_client_access mysql:/etc/postfix/clients.cf,\n"
        "  warn_if_reject reject_maps_rbl, reject_unauth_destination\n");
  const auto config = import();
  ASSERT_TRUE(config);
  EXPECT_EQ(texts_of(config->restrictions[0].recipient), (Words{"permit_mynetworks", "reject_unauth_destination"}));
  EXPECT_TRUE(is_noted("main.cf:2:", "RESTRICTION LOST: \"check_client_access mysql:/etc/postfix/clients.cf\""));
  EXPECT_TRUE(is_noted("main.cf:2:", "RESTRICTION LOST: \"warn_if_reject reject_maps_rbl\""));
  EXPECT_NE(imported_.yaml.find("# NOT CARRIED OVER: check_client_access mysql:/etc/postfix/clients.cf"),
            std::string::npos);
  EXPECT_EQ(errors_of(*config), Words{});
}

TEST_F(PostfixImport, an_open_relay_is_closed) {
  write("main.cf",
        "myhostname = mx.example.com\ncompatibility_level = 3.6\n"
        "smtpd_relay_restrictions = permit_mynetworks\nsmtpd_recipient_restrictions = permit_mynetworks, permit\n");
  const auto config = import();
  ASSERT_TRUE(config);
  EXPECT_EQ(texts_of(config->restrictions[0].relay), (Words{"permit_mynetworks", "reject_unauth_destination"}));
  EXPECT_TRUE(is_noted("main.cf:3:", "nothing in the lists denies relaying"));
}

TEST_F(PostfixImport, dovecot_milters_and_lmtp) {
  write("main.cf",
        "myhostname = mx.example.com\n"
        "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n"
        "virtual_transport = lmtp:unix:private/dovecot-lmtp\nvirtual_mailbox_domains = example.org\n"
        "smtpd_milters = inet:127.0.0.1:11332, unix:opendkim/opendkim.sock\nnon_smtpd_milters = $smtpd_milters\n"
        "milter_default_action = accept\n"
        "smtpd_tls_chain_files = /etc/ssl/private/all.pem\nsmtpd_tls_mandatory_protocols = >=TLSv1.3\n"
        "smtpd_client_connection_rate_limit = 30\nheader_checks = regexp:/etc/postfix/header_checks\n"
        "transport_maps = hash:/etc/postfix/transport\nslow_destination_concurrency_limit = 2\n");
  write("master.cf", "smtp inet n - y - - smtpd\nslow unix - - y - - smtp\nmaildrop unix - n n - - pipe flags=D\n");
  const auto config = import();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->sasl.backend, "dovecot:unix:/var/spool/postfix/private/auth");
  ASSERT_EQ(config->filters.size(), 2u);
  EXPECT_EQ(config->filters[1].milter, "unix:/var/spool/postfix/opendkim/opendkim.sock");
  EXPECT_EQ(config->filters[0].default_action, "accept");
  EXPECT_EQ(config->tls.min_protocol, "TLSv1.3");
  EXPECT_EQ(config->listeners[0].client_limits.connection_rate.count, 30u);
  std::map<std::string, config::Route> routes;
  for (const auto& route : config->routes) routes[route.name] = route;
  EXPECT_EQ(routes["virtual"].unix_path, "/var/spool/postfix/private/dovecot-lmtp");
  EXPECT_EQ(routes["slow"].concurrency, 2);
  EXPECT_EQ(config->domains.back().route, "virtual");
  EXPECT_TRUE(is_noted("main.cf:13:", "header_checks"));
  EXPECT_TRUE(is_noted("master.cf:3:", "service maildrop (pipe)"));
  EXPECT_EQ(errors_of(*config), Words{});
}

// Without a compatibility level, and with a level of today.
TEST_F(PostfixImport, relaying_stays_denied_by_the_default_lists) {
  for (const char* level : {"", "compatibility_level = 3.6\n"}) {
    write("main.cf", std::string("myhostname = mx.example.com\n") + level);
    const auto config = import();
    ASSERT_TRUE(config);
    EXPECT_EQ(errors_of(*config), Words{});
    EXPECT_FALSE(config->restrictions[0].relay) << "the default list is in use";
  }
}

TEST_F(PostfixImport, tables_of_domains_are_copied) {
  write("main.cf",
        "myhostname = mx.example.com\nrelay_domains = hash:$config_directory/relays, $mydestination\n"
        "relay_recipient_maps = ldap:/etc/postfix/people.cf\n"
        "virtual_alias_maps = hash:${config_directory}/virtual\n");
  write("relays", "one.example OK\ntwo.example OK\n");
  write("virtual", "old.example anything\ninfo@old.example info@example.com\n");
  const auto config = import();
  ASSERT_TRUE(config);
  std::map<std::string, config::DomainClass> domains;
  for (const auto& domain : config->domains) domains[domain.name] = domain.domain_class;
  EXPECT_EQ(domains["one.example"], config::DomainClass::relay);
  EXPECT_EQ(domains["two.example"], config::DomainClass::relay);
  EXPECT_EQ(domains["old.example"], config::DomainClass::virtual_alias);
  EXPECT_EQ(domains["mx.example.com"], config::DomainClass::local);
  EXPECT_TRUE(is_noted("main.cf:2:", "2 domains were copied"));
}

TEST_F(PostfixImport, nothing_to_import) {
  EXPECT_FALSE(import_postfix(folder_ / "nowhere"));
}

}  // namespace
}  // namespace gateway::postfix
