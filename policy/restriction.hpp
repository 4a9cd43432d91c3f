#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/dnsbl_filter.hpp"

namespace policy {

/// What a restriction does; one enumerator for each verb after old spellings are folded.
enum class Verb : std::uint8_t {
  // any list
  permit,
  reject,
  defer,
  defer_if_permit,
  defer_if_reject,
  sleep,
  check_policy_service,
  check_greylist,  // Gatepost's own: Ask::greylist, 450 4.2.0 while it must wait
  reject_multi_recipient_bounce,
  reject_plaintext_session,
  reject_unauth_pipelining,
  restriction_class,
  stage_access,  // a bare type:table: the access check of the list's own kind
  // client
  check_ccert_access,
  check_client_access,
  check_client_a_access,
  check_client_mx_access,
  check_client_ns_access,
  check_reverse_client_hostname_access,
  check_reverse_client_hostname_a_access,
  check_reverse_client_hostname_mx_access,
  check_reverse_client_hostname_ns_access,
  check_sasl_access,
  permit_inet_interfaces,
  permit_mynetworks,
  permit_sasl_authenticated,
  permit_tls_all_clientcerts,
  permit_tls_clientcerts,
  reject_rbl_client,
  permit_dnswl_client,
  reject_rhsbl_client,
  permit_rhswl_client,
  reject_rhsbl_reverse_client,
  reject_dnsbl_score,  // Gatepost's own: see parse_rules.cpp
  reject_unknown_client_hostname,
  reject_unknown_reverse_client_hostname,
  // helo
  check_helo_access,
  check_helo_a_access,
  check_helo_mx_access,
  check_helo_ns_access,
  reject_invalid_helo_hostname,
  reject_non_fqdn_helo_hostname,
  reject_rhsbl_helo,
  reject_unknown_helo_hostname,
  // sender
  check_sender_access,
  check_sender_a_access,
  check_sender_mx_access,
  check_sender_ns_access,
  reject_authenticated_sender_login_mismatch,
  reject_known_sender_login_mismatch,
  reject_unauthenticated_sender_login_mismatch,
  reject_sender_login_mismatch,
  reject_non_fqdn_sender,
  reject_rhsbl_sender,
  reject_unknown_sender_domain,
  reject_unlisted_sender,
  reject_unverified_sender,
  // relay, recipient
  check_recipient_access,
  check_recipient_a_access,
  check_recipient_mx_access,
  check_recipient_ns_access,
  permit_auth_destination,
  permit_mx_backup,
  reject_non_fqdn_recipient,
  reject_rhsbl_recipient,
  reject_unauth_destination,
  defer_unauth_destination,
  reject_unknown_recipient_domain,
  reject_unlisted_recipient,
  reject_unverified_recipient,
  // etrn
  check_etrn_access,
};

/// One DNS list with its filter and (reject_dnsbl_score only) its weight.
struct ListedZone {
  std::string zone;  // without filter
  std::string text;  // as configured, without weight
  DnsblFilter filter;
  int weight = 1;
};

enum class CertificateKey : std::uint8_t { cert_fingerprint, pubkey_fingerprint };

/// One parsed item of a restriction list; arguments are split when the configuration is read, never while judging.
struct Restriction {
  Verb verb{};
  bool warn_only = false;  // stands behind warn_if_reject
  bool whole_key = false;  // the table is asked once with the whole key
  std::string text;        // as configured, for log and explain
  std::string argument;    // map reference, class name
  int number = 0;          // seconds of sleep, threshold of reject_dnsbl_score
  std::size_t index = 0;   // of the restriction class, or of the policy service
  std::vector<ListedZone> zones;
  std::vector<CertificateKey> certificate_keys;
};

}  // namespace policy
