#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {
namespace {

using R = KeyMaker<Refusals>;

Key code(const char* name, int policy::Codes::*member, const char* example, const char* doc) {
  return R::integer(
      name, [member](auto& refusals) -> auto& { return refusals.codes.*member; }, 400, 599, example, doc);
}

/// 2xx: the outcome is only logged by the probe, nobody is refused.
Key verify_code(const char* name, int policy::Codes::*member, const char* doc) {
  return R::integer(
      name, [member](auto& refusals) -> auto& { return refusals.codes.*member; }, 200, 599, "550", doc);
}

Key tempfail(const char* name, policy::TempfailAction Refusals::*member, const char* doc) {
  return R::choice<policy::TempfailAction Refusals::*, policy::TempfailAction>(
      name, member,
      {{"defer_if_permit", policy::TempfailAction::defer_if_permit}, {"defer", policy::TempfailAction::defer}}, "defer",
      doc);
}

}  // namespace

Key refusal_keys() {
  using C = policy::Codes;
  return KeyMaker<Config>::section(
      "refusals", &Config::refusals,
      "Codes and texts of refusals, under the names that they have in main.cf. The default codes are Postfix's.",
      {
          code("reject_code", &C::reject, "550", "Of reject."),
          code("defer_code", &C::defer, "451", "Of defer."),
          code("access_map_reject_code", &C::access_map_reject, "550", "Of REJECT in an access table."),
          code("access_map_defer_code", &C::access_map_defer, "451", "Of DEFER in an access table."),
          code("invalid_hostname_reject_code", &C::invalid_hostname, "550", "Of reject_invalid_helo_hostname."),
          code("non_fqdn_reject_code", &C::non_fqdn, "550", "Of the reject_non_fqdn_ restrictions."),
          code("unknown_client_reject_code", &C::unknown_client, "550",
               "Of reject_unknown_client_hostname and reject_unknown_reverse_client_hostname, when the DNS answered."),
          code("unknown_hostname_reject_code", &C::unknown_hostname, "550", "Of reject_unknown_helo_hostname."),
          code("unknown_address_reject_code", &C::unknown_address, "550",
               "Of reject_unknown_sender_domain and reject_unknown_recipient_domain, when the DNS answered."),
          code("maps_rbl_reject_code", &C::maps_rbl, "550", "Of DNS lists."),
          code("relay_domains_reject_code", &C::relay_domains, "550", "Of reject_unauth_destination."),
          code("multi_recipient_bounce_reject_code", &C::multi_recipient_bounce, "554",
               "Of reject_multi_recipient_bounce."),
          code("plaintext_reject_code", &C::plaintext_session, "530", "Of reject_plaintext_session."),
          code("unknown_local_recipient_reject_code", &C::unknown_local_recipient, "450",
               "Of unknown recipients in domains of class local."),
          code("unknown_relay_recipient_reject_code", &C::unknown_relay_recipient, "450", "The same, class relay."),
          code("unknown_virtual_alias_reject_code", &C::unknown_virtual_alias, "450", "The same, class virtual_alias."),
          code("unknown_virtual_mailbox_reject_code", &C::unknown_virtual_mailbox, "450",
               "The same, class virtual_mailbox."),
          verify_code("unverified_recipient_reject_code", &C::unverified_recipient_reject,
                      "Of reject_unverified_recipient, when the server refused the address; 250: let it pass."),
          verify_code("unverified_recipient_defer_code", &C::unverified_recipient_defer,
                      "The same, when the server could not be asked; 5xx counts as 450."),
          verify_code("unverified_sender_reject_code", &C::unverified_sender_reject, "Of reject_unverified_sender."),
          verify_code("unverified_sender_defer_code", &C::unverified_sender_defer,
                      "The same, when the server could not be asked; 5xx counts as 450."),
          R::text("unverified_recipient_reject_reason", &Refusals::unverified_recipient_reject_reason,
                  "\"Address unknown\"", "Said instead of the words of the server that refused the recipient."),
          R::text("unverified_sender_reject_reason", &Refusals::unverified_sender_reject_reason, "\"Address unknown\"",
                  "Said instead of the words of the server that refused the sender."),
          tempfail("unknown_address_tempfail_action", &Refusals::unknown_address,
                   "When the DNS does not answer about a sender's or recipient's domain."),
          tempfail("unknown_helo_hostname_tempfail_action", &Refusals::unknown_helo_hostname,
                   "When the DNS does not answer about a HELO name."),
          tempfail("unverified_recipient_tempfail_action", &Refusals::unverified_recipient,
                   "When nobody can be asked about a recipient."),
          tempfail("unverified_sender_tempfail_action", &Refusals::unverified_sender,
                   "When nobody can be asked about a sender."),
          R::text("default_rbl_reply", &Refusals::default_rbl_reply,
                  "\"$rbl_code Service unavailable; $rbl_class [$rbl_what] is listed\"",
                  "What a client on a DNS list is told. $rbl_code $rbl_class $rbl_what $rbl_domain $rbl_reason $client "
                  "$client_address $client_name $helo_name $sender $recipient are replaced; ${name?text} stands only "
                  "when there is such a value. It may begin with a code of its own."),
          R::maps("rbl_reply_maps", &Refusals::rbl_reply_maps, "[\"hash:/etc/gatepost/rbl_reply\"]",
                  "Texts for single lists, by the list as it stands in the restriction: they hide keys of paid lists."),
          R::text("reject_footer", &Refusals::reject_footer, "'\\c; reference $reference'",
                  "Added to every refusal (smtpd_reject_footer), on a line of its own; behind the text when it begins "
                  "with \\c. \\n begins another line. $reference is what `gatepost rejects --reference` finds the "
                  "refusal by; $client_address $client_name $helo_name $sender $recipient $server_name $localtime."),
          R::yes_no("show_user_unknown_table_name", &Refusals::show_user_unknown_table_name, "no",
                    "Tell in which table a recipient is unknown."),
      });
}

Key address_verify_keys() {
  using K = KeyMaker<AddressVerify>;
  return KeyMaker<Config>::section(
      "address_verify", &Config::address_verify,
      "What reject_unverified_recipient and reject_unverified_sender ask: a dialogue with the server that would take "
      "the address, up to RCPT. Nothing is delivered. Outcomes are remembered over restarts.",
      {
          K::text("sender", &AddressVerify::sender, "\"<>\"",
                  "The sender of probes; without a domain it is at myorigin. \"<>\": none."),
          K::duration("positive_expire_time", &AddressVerify::positive_expire, "14d",
                      "How long an address that was taken counts as good."),
          K::duration("positive_refresh_time", &AddressVerify::positive_refresh, "1d",
                      "After this it is probed again, while it goes on counting as good."),
          K::duration("negative_expire_time", &AddressVerify::negative_expire, "1d",
                      "How long an address that was refused counts as bad."),
          K::duration("negative_refresh_time", &AddressVerify::negative_refresh, "1h",
                      "After this it is probed again, while it goes on counting as bad."),
          K::yes_no("negative_cache", &AddressVerify::negative_cache, "no", "Remember refused addresses too."),
          K::integer("poll_count", &AddressVerify::poll_count, 1, 20, "1",
                     "How often a client's command looks for the outcome of a probe. 1: it does not wait, so the first "
                     "mail to a new address is always put off."),
          K::duration("poll_delay", &AddressVerify::poll_delay, "5s",
                      "Time between two looks; a command waits for all of them together, 90s at most."),
          restart_only(K::integer("most_entries", &AddressVerify::most_entries, 1000, 100000000, "100000",
                                  "Most addresses that are remembered; what would expire next makes room.")),
      });
}

}  // namespace gateway::config
