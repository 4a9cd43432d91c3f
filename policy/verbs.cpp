#include "policy/verbs.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "policy/item_words.hpp"

namespace policy {

namespace {

constexpr VerbEntry verbs[] = {
    {"permit", Verb::permit},
    {"reject", Verb::reject},
    {"defer", Verb::defer},
    {"defer_if_permit", Verb::defer_if_permit},
    {"defer_if_reject", Verb::defer_if_reject},
    {"sleep", Verb::sleep, Argument::seconds},
    {"check_policy_service", Verb::check_policy_service, Argument::server},
    {"check_greylist", Verb::check_greylist},
    {"reject_multi_recipient_bounce", Verb::reject_multi_recipient_bounce},
    {"reject_plaintext_session", Verb::reject_plaintext_session},
    {"reject_unauth_pipelining", Verb::reject_unauth_pipelining},
    {"check_ccert_access", Verb::check_ccert_access, Argument::certificate_table},
    {"check_client_access", Verb::check_client_access, Argument::table},
    {"check_client_a_access", Verb::check_client_a_access, Argument::table},
    {"check_client_mx_access", Verb::check_client_mx_access, Argument::table},
    {"check_client_ns_access", Verb::check_client_ns_access, Argument::table},
    {"check_reverse_client_hostname_access", Verb::check_reverse_client_hostname_access, Argument::table},
    {"check_reverse_client_hostname_a_access", Verb::check_reverse_client_hostname_a_access, Argument::table},
    {"check_reverse_client_hostname_mx_access", Verb::check_reverse_client_hostname_mx_access, Argument::table},
    {"check_reverse_client_hostname_ns_access", Verb::check_reverse_client_hostname_ns_access, Argument::table},
    {"check_sasl_access", Verb::check_sasl_access, Argument::table},
    {"permit_inet_interfaces", Verb::permit_inet_interfaces},
    {"permit_mynetworks", Verb::permit_mynetworks},
    {"permit_sasl_authenticated", Verb::permit_sasl_authenticated},
    {"permit_tls_all_clientcerts", Verb::permit_tls_all_clientcerts},
    {"permit_tls_clientcerts", Verb::permit_tls_clientcerts},
    {"reject_rbl_client", Verb::reject_rbl_client, Argument::zone},
    {"permit_dnswl_client", Verb::permit_dnswl_client, Argument::zone},
    {"reject_rhsbl_client", Verb::reject_rhsbl_client, Argument::zone},
    {"permit_rhswl_client", Verb::permit_rhswl_client, Argument::zone},
    {"reject_rhsbl_reverse_client", Verb::reject_rhsbl_reverse_client, Argument::zone},
    {"reject_dnsbl_score", Verb::reject_dnsbl_score, Argument::score},
    {"reject_unknown_client_hostname", Verb::reject_unknown_client_hostname},
    {"reject_unknown_reverse_client_hostname", Verb::reject_unknown_reverse_client_hostname},
    {"check_helo_access", Verb::check_helo_access, Argument::table},
    {"check_helo_a_access", Verb::check_helo_a_access, Argument::table},
    {"check_helo_mx_access", Verb::check_helo_mx_access, Argument::table},
    {"check_helo_ns_access", Verb::check_helo_ns_access, Argument::table},
    {"reject_invalid_helo_hostname", Verb::reject_invalid_helo_hostname},
    {"reject_non_fqdn_helo_hostname", Verb::reject_non_fqdn_helo_hostname},
    {"reject_rhsbl_helo", Verb::reject_rhsbl_helo, Argument::zone},
    {"reject_unknown_helo_hostname", Verb::reject_unknown_helo_hostname},
    {"check_sender_access", Verb::check_sender_access, Argument::table},
    {"check_sender_a_access", Verb::check_sender_a_access, Argument::table},
    {"check_sender_mx_access", Verb::check_sender_mx_access, Argument::table},
    {"check_sender_ns_access", Verb::check_sender_ns_access, Argument::table},
    {"reject_authenticated_sender_login_mismatch", Verb::reject_authenticated_sender_login_mismatch},
    {"reject_known_sender_login_mismatch", Verb::reject_known_sender_login_mismatch},
    {"reject_unauthenticated_sender_login_mismatch", Verb::reject_unauthenticated_sender_login_mismatch},
    {"reject_sender_login_mismatch", Verb::reject_sender_login_mismatch},
    {"reject_non_fqdn_sender", Verb::reject_non_fqdn_sender},
    {"reject_rhsbl_sender", Verb::reject_rhsbl_sender, Argument::zone},
    {"reject_unknown_sender_domain", Verb::reject_unknown_sender_domain},
    {"reject_unlisted_sender", Verb::reject_unlisted_sender},
    {"reject_unverified_sender", Verb::reject_unverified_sender},
    {"check_recipient_access", Verb::check_recipient_access, Argument::table},
    {"check_recipient_a_access", Verb::check_recipient_a_access, Argument::table},
    {"check_recipient_mx_access", Verb::check_recipient_mx_access, Argument::table},
    {"check_recipient_ns_access", Verb::check_recipient_ns_access, Argument::table},
    {"permit_auth_destination", Verb::permit_auth_destination},
    {"permit_mx_backup", Verb::permit_mx_backup},
    {"reject_non_fqdn_recipient", Verb::reject_non_fqdn_recipient},
    {"reject_rhsbl_recipient", Verb::reject_rhsbl_recipient, Argument::zone},
    {"reject_unauth_destination", Verb::reject_unauth_destination},
    {"defer_unauth_destination", Verb::defer_unauth_destination},
    {"reject_unknown_recipient_domain", Verb::reject_unknown_recipient_domain},
    {"reject_unlisted_recipient", Verb::reject_unlisted_recipient},
    {"reject_unverified_recipient", Verb::reject_unverified_recipient},
    {"check_etrn_access", Verb::check_etrn_access, Argument::table},
};

constexpr OldSpelling old_spellings[] = {
    {"reject_unknown_client", "reject_unknown_client_hostname"},
    {"reject_invalid_hostname", "reject_invalid_helo_hostname"},
    {"reject_non_fqdn_hostname", "reject_non_fqdn_helo_hostname"},
    {"reject_unknown_hostname", "reject_unknown_helo_hostname"},
    {"reject_unknown_address", "reject_unknown_sender_domain"},
    {"reject_unknown_reverse_hostname", "reject_unknown_reverse_client_hostname"},
    {"reject_rbl", "reject_rbl_client"},
    {"check_recipient_maps", "reject_unlisted_recipient"},
    {"reject_unauth_pipeling", "reject_unauth_pipelining"},
};

constexpr RemovedVerb removed_verbs[] = {
    {"reject_maps_rbl", "use reject_rbl_client ZONE, once for each list"},
    {"check_relay_domains", "use permit_mynetworks, reject_unauth_destination"},
    {"permit_naked_ip_address", "use permit_mynetworks or permit_sasl_authenticated"},
    {"reject_unknown_forward_client_hostname", "use reject_unknown_client_hostname"},
};

template <class Entries, class Name>
auto find_in(const Entries& entries, std::string_view wanted, Name name) {
  const auto found = std::find_if(std::begin(entries), std::end(entries),
                                  [&](const auto& entry) { return equals_ignoring_case(name(entry), wanted); });
  return found == std::end(entries) ? nullptr : &*found;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const VerbEntry* find_verb(std::string_view name) {
  return find_in(verbs, name, [](const VerbEntry& entry) { return entry.name; });
}

const OldSpelling* find_old_spelling(std::string_view name) {
  return find_in(old_spellings, name, [](const OldSpelling& entry) { return entry.old_name; });
}

const RemovedVerb* find_removed_verb(std::string_view name) {
  return find_in(removed_verbs, name, [](const RemovedVerb& entry) { return entry.name; });
}

std::string_view nearest_verb(std::string_view name) {
  std::string_view best;
  if (name.size() > 60) return best;
  auto best_distance = std::max<std::size_t>(2, name.size() / 4) + 1;
  const auto consider = [&](std::string_view candidate) {
    const auto distance = edit_distance(name, candidate);
    if (distance >= best_distance) return;
    best_distance = distance;
    best = candidate;
  };
  for (const auto& entry : verbs) consider(entry.name);
  consider("warn_if_reject");
  return best;
}

}  // namespace policy
