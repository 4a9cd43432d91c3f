#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lookup/ip_address.hpp"
#include "policy/codes.hpp"
#include "policy/facts.hpp"

namespace policy {

/// The restrictions of one listener as the configuration gives them: texts, not judged yet. Each list item is one
/// string in Postfix's syntax; it may hold several items as pasted from main.cf. A stage that is not set takes
/// Postfix's default (relay: permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination).
struct RuleTexts {
  using List = std::vector<std::string>;

  bool delay_reject = true;
  bool helo_required = false;  // kept for the session; policy itself skips helo checks when nothing was said
  std::optional<List> client, helo, sender, relay, recipient, data, end_of_data, etrn;
  std::vector<std::pair<std::string, List>> classes;

  bool reject_unlisted_recipient = true;  // implicit check after the recipient list
  bool reject_unlisted_sender = false;    // implicit check after the sender list
  bool show_user_unknown_table_name = true;

  Codes codes;
  TempfailAction unknown_address_tempfail = TempfailAction::defer_if_permit;
  TempfailAction unknown_helo_hostname_tempfail = TempfailAction::defer_if_permit;
  TempfailAction unverified_recipient_tempfail = TempfailAction::defer_if_permit;
  TempfailAction unverified_sender_tempfail = TempfailAction::defer_if_permit;

  /// Text after the code and DSN of a DNSBL refusal; $rbl_class $rbl_what $rbl_domain $rbl_reason $rbl_txt $client
  /// $client_address $helo_name $sender $recipient and ${name?text} are expanded. By zone as configured, then default.
  std::string default_rbl_reply =
      "Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; "
      "$rbl_reason}";
  std::map<std::string, std::string> rbl_replies;
  std::vector<std::string> rbl_reply_maps;  // map references, asked by zone as configured; they come first

  /// Shown to clients instead of what the asked server said of an address; empty: its own words.
  std::string unverified_recipient_reject_reason, unverified_sender_reject_reason;

  std::string recipient_delimiter;              // characters, "" when addresses have no extensions
  bool parent_domains_match_subdomains = true;  // false: tables need the key ".example.com"
  int greylist_ipv4_prefix = 24;                // neighbours with the same prefix are one client to check_greylist
  int greylist_ipv6_prefix = 64;
  std::string null_sender_key = "<>";
  std::set<std::string> whole_key_tables;      // names (map references) asked once; pcre: regexp: cidr: need no mention
  std::vector<std::string> relay_clientcerts;  // map references for permit_tls_clientcerts
  std::vector<std::string> own_names;          // for permit_mx_backup
  std::vector<lookup::Network> mx_backup_networks;  // where the primary MX must be; empty: anywhere
  std::vector<lookup::IpAddress> own_addresses;     // for permit_inet_interfaces
};

enum class Severity : std::uint8_t { note, warning, error };

/// Where a restriction stands: a stage, or (class_name not empty) a restriction class; index counts list items.
struct RulePlace {
  Stage stage{};
  std::string class_name;
  std::size_t index = 0;

  bool operator==(const RulePlace&) const = default;
};

struct RuleProblem {
  RulePlace place;
  Severity severity = Severity::error;
  std::string text;

  bool operator==(const RuleProblem&) const = default;
};

}  // namespace policy
