#include "gateway/cli/init_templates.hpp"

#include <fmt/core.h>

#include "gateway/config/yaml_print.hpp"

namespace gateway::cli {

namespace {

using config::print_text;

std::string head(const FirstSettings& settings, const char* what, const char* networks) {
  return fmt::format(
      "# yaml-language-server: $schema=/usr/share/gatepost/gatepost.schema.json\n"
      "# {}\n"
      "# Next: gatepost check, then gatepost serve, then gatepost test-mail ADDRESS.\n"
      "version: 1\n"
      "\n"
      "# The full name of this server; its address must resolve back to it, or others refuse its mail.\n"
      "hostname: {}\n"
      "{}"
      "\n"
      "# Who may send to any address through this server.\n"
      "mynetworks: {}\n"
      "\n",
      what, print_text(settings.hostname),
      settings.domain.empty() ? "" : "myorigin: " + print_text(settings.domain) + "\n", networks);
}

std::string directory_part(const FirstSettings& settings, const char* name) {
  return fmt::format(
      "directories:\n"
      "  {}:\n"
      "    # \"gatepost directory presets\" lists the layouts; \"gatepost directory test {} ADDRESS\" tries this one.\n"
      "    preset: {}\n"
      "    servers: [{}]\n"
      "    search_base: {}\n"
      "    # bind: {{dn: \"cn=gatepost,...\", password: \"${{credential:ldap-bind}}\"}}   # text in secrets/ldap-bind\n"
      "    # While no server answers mail waits at the sender; a replica of the directory keeps answering instead:\n"
      "    # replica: {{mode: poll}}\n"
      "    # when_unavailable: replica\n"
      "\n",
      name, name, settings.preset, print_text(settings.directory), print_text(settings.search_base));
}

constexpr const char* tls_part =
    "# Without a certificate mail arrives in clear.\n"
    "# tls:\n"
    "#   certificates:\n"
    "#     - {cert: /etc/ssl/certs/mail.pem, key: /etc/ssl/private/mail.key}\n"
    "\n";

constexpr const char* tail =
    "limits: {message_size_limit: 50M}\n"
    "metrics: {listen: \"127.0.0.1:9925\"}   # /metrics, /healthz, /readyz and a status page\n"
    "logging: {format: postfix, to: stderr}\n";

}  // namespace

std::string mx_template(const FirstSettings& settings) {
  const bool has_directory = !settings.directory.empty();
  return head(settings, "The company's MX: takes mail from the Internet and hands it to the mail server inside.",
              "[127.0.0.0/8, \"::1/128\"]") +
         "listeners:\n"
         "  - name: mx\n"
         "    port: 25\n"
         "    client_limits: {connections: 20, unknown_recipient_rate: 25/1h}\n"
         "\n"
         "domains:\n" +
         fmt::format("  {}: {{class: relay, {}route: inside}}\n\n", print_text(settings.domain),
                     has_directory ? "recipients: directory:company, " : "") +
         (has_directory ? directory_part(settings, "company")
                        : std::string("# Without a list of recipients mail for every address is accepted. Name one:\n"
                                      "#   recipients: directory:NAME, or hash:/etc/gatepost/recipients\n\n")) +
         fmt::format(
             "routes:\n"
             "  inside:\n"
             "    relay: [{}]\n"
             "    tls: {{level: may}}\n"
             "  default:\n"
             "    relay: mx\n"
             "\n",
             print_text(settings.relay)) +
         "restrictions:\n"
         "  helo_required: yes\n"
         "  recipient:\n"
         "    - reject_non_fqdn_recipient\n"
         "    - permit_mynetworks\n"
         "    - reject_unauth_destination\n"
         "    - reject_unlisted_recipient\n"
         "    - reject_unknown_sender_domain\n"
         "    # DNS lists refuse queries that come through public resolvers; read their terms first.\n"
         "    # - reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n"
         "\n" +
         tls_part + tail;
}

std::string mailboxes_template(const FirstSettings& settings) {
  return head(settings, "Mailboxes that a directory describes, delivered to Maildirs on this machine.",
              "[127.0.0.0/8, \"::1/128\"]") +
         "listeners:\n"
         "  - {name: mx, port: 25}\n"
         "  # With a certificate, users submit mail here:\n"
         "  # - {name: submission, port: 587, tls: required, auth: required, restrictions: submission}\n"
         "  # - {name: submissions, port: 465, tls: wrapper, auth: required, restrictions: submission}\n"
         "\n"
         "domains:\n" +
         fmt::format("  {}: {{class: virtual_mailbox, mailboxes: directory:people}}\n\n", print_text(settings.domain)) +
         directory_part(settings, "people") +
         "mailboxes:\n"
         "  base: /home/vmail               # every mailbox lies below\n"
         "  path: \"%{home}\"                 # what the directory says; or \"%d/%u/\"\n"
         "  ownership: fixed\n"
         "  # user: vmail                   # default: the user that runs the daemon\n"
         "  # group: vmail\n"
         "  quota: {default: 0, full_action: defer}\n"
         "\n"
         "sasl: {backend: directory:people, require_tls: yes}\n"
         "\n"
         "restrictions:\n"
         "  recipient:\n"
         "    - permit_mynetworks\n"
         "    - reject_unauth_destination\n"
         "    - reject_unlisted_recipient\n"
         "  submission:\n"
         "    sender: [reject_sender_login_mismatch]\n"
         "    recipient: [permit_sasl_authenticated, reject]\n"
         "\n"
         "routes:\n"
         "  default: {relay: mx, tls: {level: may}}\n"
         "\n" +
         tls_part + tail;
}

std::string smarthost_template(const FirstSettings& settings) {
  return head(settings, "A relay inside the company: sends the mail of its machines through one server.",
              "[127.0.0.0/8, \"::1/128\"]   # and the networks of your machines: 192.168.1.0/24") +
         "listeners:\n"
         "  - {name: lan, port: 25}\n"
         "\n"
         "domains:\n"
         "  localhost: {class: local}\n"
         "\n"
         "routes:\n"
         "  default:\n" +
         fmt::format("    relay: [{}]\n", print_text(settings.relay)) +
         "    tls: {level: may}              # encrypt or verify, as soon as that server can do it\n"
         "    # auth: {user: NAME, password: \"${credential:relay-password}\"}   # text in secrets/relay-password\n"
         "    concurrency: 2                 # providers count connections\n"
         "\n"
         "restrictions:\n"
         "  recipient:\n"
         "    - permit_mynetworks\n"
         "    - reject\n"
         "\n" +
         std::string(tail);
}

}  // namespace gateway::cli
