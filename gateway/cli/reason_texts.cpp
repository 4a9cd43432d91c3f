#include "gateway/cli/reason_texts.hpp"

#include <algorithm>
#include <iterator>

namespace gateway::cli {

namespace {

// The rows of docs/reasons.md, which a test compares with these.
constexpr ReasonText rows[] = {
    {"unknown_recipient", "The domain is ours, the address is in none of its tables.",
     "Ask the directory: `gatepost directory test NAME ADDRESS`."},
    {"unknown_sender", "The sender claims a domain of ours, but no such address exists.", "As above, for the sender."},
    {"relay_denied", "The domain is not ours and the client may not relay.",
     "`mynetworks`, SASL, or the domain under `domains:`."},
    {"dnsbl", "A DNS list names the client, its name or the sender's domain.",
     "`gatepost dnsbl IP` shows which lists and why."},
    {"access_table", "An access table refuses by REJECT or by a code of its own.",
     "`gatepost explain` names table and key."},
    {"policy", "A policy service refuses, or it did not answer.", "The service's own log."},
    {"milter", "A content filter refuses, or it failed and its default action is to defer.", "The filter's own log."},
    {"greylist", "First contact of this client, sender and recipient.", "Wait: a real server comes back."},
    {"rate_limit", "The client, its network, its login or its sender is over a limit.",
     "`client_limits` of the listener, `rate_limits`; the warning in the log names the limit."},
    {"helo", "The name in HELO is malformed, not fully qualified or unknown.", "The client's configuration."},
    {"client_name", "The client's address has no name, or name and address do not agree.", "The client's reverse DNS."},
    {"sender_domain", "The sender's domain has neither MX nor address.", "The DNS of that domain."},
    {"recipient_domain", "The recipient's domain has neither MX nor address.", "The DNS of that domain."},
    {"non_fqdn", "An address or name is not fully qualified.", "The client's configuration."},
    {"pipelining", "The client spoke before its turn, as bulk senders do.",
     "Nothing; or permit the client before the check."},
    {"tls_required", "The listener wants STARTTLS first.", "`tls` of the listener."},
    {"auth_required", "The listener wants AUTH first.", "`auth` of the listener."},
    {"sender_mismatch", "The login does not own the sender address.", "`sender_owner` of the directory."},
    {"size", "Larger than `limits.message_size_limit`.", "The limit."},
    {"lookup_failed",
     "A table, directory or DNS server that had to be asked did not answer. The mail is not lost: the client tries "
     "again.",
     "`gatepost directory status`, the warnings in the log."},
    {"storage", "The queue's disk is full or failed.", "Free space; the log names the error."},
    {"unverified", "The server that would take the address was asked and refused, or has not answered yet.",
     "The `status=undeliverable` line of the probe in the log; that server."},
    {"syntax", "The command or the address is malformed.", "The client."},
    {"too_many", "More recipients, hops or errors than `limits` permit.", "`limits`."},
    {"configuration", "The gateway's own configuration cannot be carried out.", "`gatepost check --live`."},
    {"restriction", "A plain `reject` or `defer` at the end of a list.", "`gatepost explain` shows the list."},
    {"content", "The content was refused: loose line ends, forbidden header, content check.", "The line in the log."},
};

}  // namespace

const ReasonText* find_reason_text(std::string_view reason) {
  const auto* const found =
      std::find_if(std::begin(rows), std::end(rows), [&](const ReasonText& row) { return row.reason == reason; });
  return found == std::end(rows) ? nullptr : found;
}

}  // namespace gateway::cli
