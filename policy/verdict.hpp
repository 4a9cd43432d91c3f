#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace policy {

/// Why a command is refused: the same word in the code, the log, the metric label and the documentation.
enum class Reason : std::uint8_t {
  none,
  unknown_recipient,
  unknown_sender,
  relay_denied,
  dnsbl,
  access_table,
  policy,
  milter,
  greylist,
  rate_limit,
  helo,
  client_name,
  sender_domain,
  recipient_domain,
  non_fqdn,
  pipelining,
  tls_required,
  auth_required,
  sender_mismatch,
  size,
  lookup_failed,
  storage,
  unverified,
  syntax,
  too_many,
  configuration,
  restriction,  // plain reject / defer
  content,
};

std::string_view to_string(Reason reason);

/// What else a restriction list wants done with the message or the session.
struct Effects {
  bool hold = false;
  bool discard = false;  // claim success, drop for all recipients
  std::string hold_reason, discard_reason;
  std::vector<std::string> prepend;  // header lines, in order
  std::vector<std::string> bcc;
  std::string filter;                  // transport:nexthop
  std::string redirect;                // address
  std::vector<std::string> log_lines;  // "info: ...", "warn: ...", "reject_warning: ..." ready for the log
  int sleep_seconds = 0;

  bool operator==(const Effects&) const = default;
};

/// The decision of one stage. `code` 0 with action permit; otherwise the SMTP reply code, enhanced status code and
/// public text ("<a@b>: Relay access denied").
struct Verdict {
  enum class Action : std::uint8_t { permit, refuse, disconnect };  // disconnect: refuse with 421/521 and close

  Action action = Action::permit;
  int code = 0;
  std::string dsn;   // "5.7.1"
  std::string text;  // without code and dsn
  Reason reason = Reason::none;
  std::string item;  // the restriction as configured, for log, metric and explain
  Effects effects;

  bool is_permit() const { return action == Action::permit; }
  bool operator==(const Verdict&) const = default;
};

}  // namespace policy
