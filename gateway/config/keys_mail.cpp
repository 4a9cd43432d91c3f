#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {

Key rewrite_keys() {
  using K = KeyMaker<Rewrite>;
  using M = KeyMaker<Masquerade>;
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
                           {"envelope_sender", "envelope_recipient", "header_sender", "header_recipient"}),
              }),
          K::yes_no("append_at_myorigin", &Rewrite::append_at_myorigin, "no", "Complete \"user\" to user@myorigin."),
          K::yes_no("append_dot_mydomain", &Rewrite::append_dot_mydomain, "yes",
                    "Complete user@host to user@host.mydomain."),
      });
}

Key alias_keys() {
  using K = KeyMaker<Aliases>;
  return KeyMaker<Config>::section("aliases", &Config::aliases, "Addresses that stand for others.",
                                   {
                                       K::maps("virtual", &Aliases::virtual_maps, "[\"hash:/etc/gatepost/virtual\"]",
                                               "Searched for every address (virtual_alias_maps)."),
                                       K::maps("local", &Aliases::local, "[\"file:/etc/aliases\"]",
                                               "Searched for domains of class local (alias_maps)."),
                                       K::integer("expansion_limit", &Aliases::expansion_limit, 1, 100000, "500",
                                                  "Most addresses that one recipient may become."),
                                       K::integer("recursion_limit", &Aliases::recursion_limit, 1, 10000, "20",
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
      });
}

namespace {

Key local_user_keys() {
  using K = KeyMaker<LocalUsers>;
  return KeyMaker<Mailboxes>::section(
      "local", &Mailboxes::local,
      "Users of this machine (class local), whose mail is delivered under their own rights by the delivery service. "
      "Without home_mailbox, mail_spool_directory and mailbox_command their mailboxes are those of `path`.",
      {
          restart_only(K::text("home_mailbox", &LocalUsers::home_mailbox, "Maildir/",
                               "The mailbox below the home directory. A slash at the end means Maildir, otherwise it "
                               "is one file (mbox).")),
          restart_only(K::path("mail_spool_directory", &LocalUsers::mail_spool_directory, "/var/mail",
                               "The folder with one mbox for each user; home_mailbox goes before it.")),
          restart_only(K::text("mailbox_command", &LocalUsers::mailbox_command,
                               "\"/usr/lib/dovecot/dovecot-lda -f \\\"$SENDER\\\" -a \\\"$RECIPIENT\\\"\"",
                               "A program that takes the user's mail on its input; goes before both.")),
          restart_only(K::texts("mailbox_delivery_lock", &LocalUsers::mailbox_delivery_lock, "[dotlock, fcntl]",
                                "How an mbox is locked.", {"fcntl", "flock", "dotlock"})),
          restart_only(K::yes_no("allow_mail_to_commands", &LocalUsers::allow_mail_to_commands, "yes",
                                 "Whether aliases may hand mail to programs (\"|command\").")),
          restart_only(K::yes_no("allow_mail_to_files", &LocalUsers::allow_mail_to_files, "yes",
                                 "Whether aliases may append mail to files (\"/path\").")),
          restart_only(K::text("default_privs", &LocalUsers::default_privs, "mailfilter",
                               "The user under whose rights aliases' commands run and files are written; never root.")),
          restart_only(K::duration("command_time_limit", &LocalUsers::command_time_limit, "60s",
                                   "A program that takes longer is stopped, and the mail is returned.")),
      });
}

}  // namespace

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
          restart_only(K::choice<Ownership Mailboxes::*, Ownership>(
              "ownership", &Mailboxes::ownership, {{"fixed", Ownership::fixed}, {"directory", Ownership::directory}},
              "directory",
              "fixed: all files belong to user and group. directory: to the uid and gid in the directory, written by "
              "the delivery service; for that the daemon is started as root.")),
          restart_only(fallback(K::text("user", &Mailboxes::user, "vmail", "Owner of the files with ownership: fixed."),
                                "the user of the daemon")),
          restart_only(
              fallback(K::text("group", &Mailboxes::group, "vmail", "Group of the files with ownership: fixed."),
                       "the group of the daemon")),
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
          K::size("mailbox_size_limit", &Mailboxes::mailbox_size_limit, "50M",
                  "Largest file in a mailbox; an mbox is one file; 0: none."),
          local_user_keys(),
      });
}

}  // namespace gateway::config
