#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {
namespace {

/// The eight lists; `Owner` is a RestrictionSet, or the Config for the unnamed set.
template <class Owner, class Set>
std::vector<Key> stage_keys(Set set) {
  using K = KeyMaker<Owner>;
  const auto list = [set](auto RestrictionSet::*stage) {
    return [ set, stage ](auto& owner) -> auto& {
      return set(owner).*stage;
    };
  };
  return {
      K::restrictions("client", list(&RestrictionSet::client), "[permit_mynetworks]",
                      "When a client connects (smtpd_client_restrictions)."),
      K::restrictions("helo", list(&RestrictionSet::helo), "[reject_invalid_helo_hostname]",
                      "At HELO or EHLO (smtpd_helo_restrictions)."),
      K::restrictions("sender", list(&RestrictionSet::sender), "[reject_non_fqdn_sender]",
                      "At MAIL (smtpd_sender_restrictions)."),
      fallback(K::restrictions("relay", list(&RestrictionSet::relay), "[permit_mynetworks, reject_unauth_destination]",
                               "At RCPT, before recipient: who may relay (smtpd_relay_restrictions)."),
               "[permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination]"),
      K::restrictions("recipient", list(&RestrictionSet::recipient),
                      "[reject_unauth_destination, reject_unlisted_recipient]",
                      "At RCPT (smtpd_recipient_restrictions)."),
      K::restrictions("data", list(&RestrictionSet::data), "[reject_unauth_pipelining]",
                      "At DATA (smtpd_data_restrictions)."),
      K::restrictions("end_of_data", list(&RestrictionSet::end_of_data),
                      "[\"check_policy_service inet:127.0.0.1:10023\"]",
                      "When the message has arrived (smtpd_end_of_data_restrictions)."),
      K::restrictions("etrn", list(&RestrictionSet::etrn), "[reject]", "At ETRN (smtpd_etrn_restrictions)."),
  };
}

}  // namespace

Key restriction_keys() {
  using K = KeyMaker<Config>;
  std::vector<Key> children{
      K::yes_no("delay_reject", &Config::delay_reject, "no",
                "Answer refusals of client, helo and sender only at RCPT, so that the log tells who was meant."),
      K::yes_no("helo_required", &Config::helo_required, "yes", "Refuse MAIL before HELO or EHLO."),
      K::yes_no("strict_envelopes", &Config::strict_envelopes, "yes",
                "Refuse addresses without <> or with other lapses (strict_rfc821_envelopes)."),
      K::yes_no("reject_unlisted_sender", &Config::reject_unlisted_sender, "yes",
                "Refuse senders in our own domains that do not exist, also where the list sender does not ask for it "
                "(smtpd_reject_unlisted_sender)."),
      K::networks("permit_mx_backup_networks", &Config::permit_mx_backup_networks, "[192.0.2.0/24]",
                  "Where the primary mail exchangers of a domain must be for permit_mx_backup; empty: anywhere."),
      refusal_keys(),
      address_verify_keys(),
  };
  for (auto& key : stage_keys<Config>([](auto& config) -> auto& { return config.restrictions.front(); }))
    children.push_back(std::move(key));
  Key named = K::names(
      "*", &Config::restrictions,
      "A named set of lists, chosen by listeners[].restrictions. Stages that it lacks come from the unnamed lists.",
      stage_keys<RestrictionSet>([](auto& set) -> auto& { return set; }));
  Key key = K::group(
      "restrictions",
      "Who may send what to whom: lists of restrictions in Postfix's own syntax, one for each stage of the dialogue.",
      std::move(children));
  key.others.push_back(std::move(named));
  return key;
}

}  // namespace gateway::config
