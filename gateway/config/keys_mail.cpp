#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {

Key rewrite_keys() {
  using K = KeyMaker<Rewrite>;
  using M = KeyMaker<Masquerade>;
  const std::vector<std::string> classes{"envelope_sender", "envelope_recipient", "header_sender", "header_recipient"};
  return KeyMaker<Config>::section(
      "rewrite", &Config::rewrite,
      "Addresses that are changed on their way. Each map may be a reference, a list of them, or a mapping in place.",
      {
          K::maps("canonical", &Rewrite::canonical, "{\"old@example.com\": new@example.com}",
                  "For senders and recipients (canonical_maps)."),
          K::maps("sender_canonical", &Rewrite::sender_canonical, "{\"@srv1.lan.example.com\": \"@example.com\"}",
                  "For senders (sender_canonical_maps)."),
          K::maps("recipient_canonical", &Rewrite::recipient_canonical, "[\"hash:/etc/gatepost/recipient_canonical\"]",
                  "For recipients (recipient_canonical_maps)."),
          K::maps("generic", &Rewrite::generic, "{\"root@localhost\": admin@example.com}",
                  "For mail that leaves by SMTP (smtp_generic_maps)."),
          K::section(
              "masquerade", &Rewrite::masquerade, "Hides hosts behind their domain (masquerade_domains).",
              {
                  M::texts("domains", &Masquerade::domains, "[example.com]", "Domains whose subdomains are cut off."),
                  M::texts("exceptions", &Masquerade::exceptions, "[root]", "User names that stay as they are."),
                  M::texts("classes", &Masquerade::classes, "[envelope_sender]", "Which addresses are changed.",
                           classes),
              }),
          K::texts("canonical_classes", &Rewrite::canonical_classes, "[envelope_sender, header_sender]",
                   "Which addresses the canonical map changes.", classes),
          K::texts("sender_canonical_classes", &Rewrite::sender_canonical_classes, "[envelope_sender]",
                   "Which addresses the sender_canonical map changes.", {"envelope_sender", "header_sender"}),
          K::texts("recipient_canonical_classes", &Rewrite::recipient_canonical_classes, "[envelope_recipient]",
                   "Which addresses the recipient_canonical map changes.", {"envelope_recipient", "header_recipient"}),
          K::texts("local_header_rewrite_clients", &Rewrite::local_header_rewrite_clients, "[permit_inet_interfaces]",
                   "Whose headers are rewritten, and completed with Message-ID, Date and From. permit_inet_interfaces: "
                   "programs on this machine. The headers of all other clients stay as they are.",
                   {"permit_inet_interfaces", "permit_mynetworks", "permit_sasl_authenticated"}),
          K::text("remote_header_rewrite_domain", &Rewrite::remote_header_rewrite_domain, "domain.invalid",
                  "When set, the headers of all other clients are rewritten too, and addresses without a domain get "
                  "this one."),
          K::texts("propagate_unmatched_extensions", &Rewrite::propagate_unmatched_extensions, "[virtual]",
                   "Where the extension of an address that was found without it goes over to the result: joe+x, found "
                   "as joe -> jane@example.com, becomes jane+x@example.com.",
                   {"canonical", "virtual", "alias", "forward", "include", "generic"}),
          K::yes_no("append_at_myorigin", &Rewrite::append_at_myorigin, "no", "Complete \"user\" to user@myorigin."),
          K::yes_no("append_dot_mydomain", &Rewrite::append_dot_mydomain, "yes",
                    "Complete user@host to user@host.mydomain."),
      });
}

Key alias_keys() {
  using K = KeyMaker<Aliases>;
  return KeyMaker<Config>::section(
      "aliases", &Config::aliases, "Addresses that stand for others.",
      {
          K::maps("virtual", &Aliases::virtual_maps, "[\"hash:/etc/gatepost/virtual\"]",
                  "Searched for every address (virtual_alias_maps)."),
          K::maps("local", &Aliases::local, "[\"file:/etc/aliases\"]",
                  "Searched for domains of class local (alias_maps)."),
          K::maps("senders", &Aliases::senders, "{\"all@example.com\": \"boss@example.com, members\"}",
                  "Who may send to an alias or group, by its address: a list of "
                  "addresses, @domains and the words members, mynetworks, authenticated. "
                  "What is not in here takes mail from everybody."),
          K::yes_no("owner_request_special", &Aliases::owner_request_special, "no",
                    "When owner-LIST exists beside an alias or group LIST, it becomes the "
                    "sender of the mail to the members and gets the reports."),
          K::yes_no("expand_owner_alias", &Aliases::expand_owner_alias, "yes",
                    "The sender is what owner-LIST stands for, not owner-LIST itself."),
          K::integer("expansion_limit", &Aliases::expansion_limit, 1, 100000, "500",
                     "Most addresses that one recipient may become."),
          K::integer("recursion_limit", &Aliases::recursion_limit, 1, 1000, "20",
                     "Most steps from one alias to the next."),
      });
}

Key bcc_keys() {
  using K = KeyMaker<Bcc>;
  return KeyMaker<Config>::section(
      "bcc", &Config::bcc, "Copies that nobody sees.",
      {
          K::text("always", &Bcc::always, "archive@example.com", "Gets a copy of every message (always_bcc)."),
          K::maps("sender", &Bcc::sender, "{\"boss@example.com\": archive@example.com}",
                  "Copies by sender (sender_bcc_maps)."),
          K::maps("recipient", &Bcc::recipient, "{\"info@example.com\": archive@example.com}",
                  "Copies by recipient (recipient_bcc_maps)."),
          K::text("journal", &Bcc::journal, "journal@example.com",
                  "Gets a report for every message: sender and all recipients of the envelope, also hidden ones, with "
                  "the message attached as it came."),
      });
}

Key content_check_keys() {
  using K = KeyMaker<ContentChecks>;
  return KeyMaker<Config>::section(
      "content_checks", &Config::content_checks,
      "Tables that are asked about each header field and each body line while a message arrives, with the actions of "
      "header_checks(5): REJECT, WARN, INFO, HOLD, DISCARD, IGNORE, STRIP, REPLACE, PREPEND, REDIRECT, BCC, FILTER, "
      "PASS, DUNNO.",
      {
          K::maps("header", &ContentChecks::header, "[\"pcre:/etc/gatepost/header_checks\"]",
                  "For the fields of the message's own header, but those of MIME (header_checks)."),
          K::maps("mime_header", &ContentChecks::mime_header, "[\"regexp:/etc/gatepost/mime_header_checks\"]",
                  "For Content-... and MIME-Version everywhere, and the headers of parts (mime_header_checks). Absent: "
                  "those of header."),
          K::maps("nested_header", &ContentChecks::nested_header, "[\"pcre:/etc/gatepost/nested_header_checks\"]",
                  "For the headers of attached messages (nested_header_checks). Absent: those of header."),
          K::maps("body", &ContentChecks::body, "[\"pcre:/etc/gatepost/body_checks\"]",
                  "For each line that is not in a header (body_checks)."),
          K::size("body_size_limit", &ContentChecks::body_size_limit, "51200",
                  "So many octets of each part are looked at (body_checks_size_limit); 0: all."),
      });
}

Key mailbox_keys() {
  using K = KeyMaker<Mailboxes>;
  return KeyMaker<Config>::section(
      "mailboxes", &Config::mailboxes, "How mail of class virtual_mailbox is written to disk.",
      {
          K::path("base", &Mailboxes::base, "/home/vmail",
                  "The folder that holds all mailboxes; one that would lie outside is refused."),
          K::text("path", &Mailboxes::path, "\"%d/%u/\"",
                  "The mailbox of an address: %{home} is the directory's answer, %s %u %d the address, its local part, "
                  "its domain. A "
                  "slash at the end means Maildir. What is relative lies below base."),
          K::choice<Ownership Mailboxes::*, Ownership>(
              "ownership", &Mailboxes::ownership, {{"fixed", Ownership::fixed}, {"directory", Ownership::directory}},
              "directory",
              "fixed: all files belong to user and group. directory: to the uid and gid in the directory; needs the "
              "delivery service."),
          fallback(K::text("user", &Mailboxes::user, "vmail", "Owner of the files with ownership: fixed."),
                   "the user of the daemon"),
          fallback(K::text("group", &Mailboxes::group, "vmail", "Group of the files with ownership: fixed."),
                   "the group of the daemon"),
          K::integer("minimum_uid", &Mailboxes::minimum_uid, 1, 4294967294, "1000",
                     "A uid below this in the directory is refused."),
          K::choice<bool Mailboxes::*, bool>("create", &Mailboxes::create_on_first_delivery,
                                             {{"on_first_delivery", true}, {"never", false}}, "never",
                                             "Whether a missing mailbox is made."),
          K::group("quota", "How full a mailbox may be.",
                   {
                       K::size("default", &Mailboxes::quota_default, "2G",
                               "For mailboxes without a quota in the directory; 0: none."),
                       K::choice<FullAction Mailboxes::*, FullAction>(
                           "full_action", &Mailboxes::full_action,
                           {{"defer", FullAction::defer}, {"bounce", FullAction::bounce}}, "bounce",
                           "What happens to mail for a full mailbox."),
                   }),
          K::size("mailbox_size_limit", &Mailboxes::mailbox_size_limit, "50M", "Largest file in a mailbox; 0: none."),
      });
}

}  // namespace gateway::config
