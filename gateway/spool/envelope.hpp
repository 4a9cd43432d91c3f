#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/spool/message_id.hpp"
#include "lookup/address.hpp"

namespace gateway {

using SystemTime = std::chrono::sys_time<std::chrono::microseconds>;

enum class RecipientState : std::uint8_t { pending, delivered, failed };

/// NOTIFY= of RFC 3461 as bits; 0 = not given (failure and delay reports are sent).
enum Notify : std::uint8_t { notify_never = 1, notify_success = 2, notify_failure = 4, notify_delay = 8 };

struct EnvelopeRecipient {
  lookup::Address address;  // where it goes now
  std::string original;     // what RCPT TO said when it differs (X-Original-To, orig_to=), else ""
  std::string orcpt;        // ORCPT as given, xtext decoded, "rfc822;a@b"
  std::uint8_t notify = 0;
  RecipientState state = RecipientState::pending;
  std::string last_reply;  // why it was deferred or failed
  std::string last_dsn;    // "4.4.1"
  std::string target;      // "|command" or "/file" out of an alias: the address is then the alias, else ""
};

enum class MessageState : std::uint8_t { queued, hold, corrupt };

/// Everything about a message but its content. `arrival` is the time of acceptance.
struct Envelope {
  MessageId id;
  SystemTime arrival{};
  lookup::Address sender;
  std::vector<EnvelopeRecipient> recipients;
  std::uint64_t size = 0;  // octets of content with CRLF, headers added by us included
  MessageState state = MessageState::queued;
  std::uint32_t attempts = 0;
  SystemTime next_try{};
  bool content_in_file = false;  // content lies in content/<id> instead of the database
  bool smtputf8 = false;         // needs SMTPUTF8 to be handed on
  bool eight_bit = false;        // BODY=8BITMIME or 8-bit content seen
  bool delay_warned = false;
  bool expired = false;  // an operator gave it up: returned to the sender at its next attempt
  std::string envid;     // ENVID, xtext decoded
  char ret = 0;          // RET: 'F' full, 'H' headers, 0 not given
  std::string client_name, client_address, helo, protocol, login;  // for logs, reports and %{...}
  std::string filter, redirect;                                    // from access tables
};

}  // namespace gateway
