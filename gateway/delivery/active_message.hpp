#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/delivery/outbound_form.hpp"
#include "gateway/resolve/delivery.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// What one attempt did for one recipient.
struct Outcome {
  enum class Result : std::uint8_t { undecided, sent, deferred, failed };

  Result result = Result::undecided;
  std::string dsn;             // "2.0.0"
  std::string text;            // what the log shows in brackets, the sender in a report; never private
  std::string remote;          // name of the server that spoke, "" when none did
  std::string reply;           // its own words, for Diagnostic-Code
  bool notify_passed = false;  // that server sends success reports itself (it offers DSN)
};

/// How long a message spent where, as `delays=a/b/c/d` shows it. Seconds.
struct Delays {
  double before_queue = 0, queue = 0, connect = 0, transmit = 0;
  double total() const { return before_queue + queue + connect + transmit; }
};

/// A message in memory, from its taking up until its record in the spool says how the attempt ended.
/// Belongs to the delivery loop.
struct ActiveMessage {
  StoredMessage stored;
  std::string queue_id;
  std::vector<Delivery> deliveries;              // parallel to the recipients
  std::vector<Outcome> outcomes;                 // parallel to the recipients
  std::shared_ptr<const OutboundForm> outbound;  // for servers reached by SMTP; null: the message as it is
  std::size_t unresolved = 0;
  std::size_t undecided = 0;
  SystemTime taken_up{};
  bool unrecorded = false;      // something was delivered that the record does not say yet
  bool warned = false;          // the sender was told of the delay in this attempt
  bool from_spool = false;      // may have been delivered before a crash
  bool held = false;            // by an operator: what has not started does not start
  bool deleted = false;         // by an operator: nothing starts, nobody is told, nothing is logged as removed
  bool ordered = false;         // an operator changed its record: look at it again when the attempt has ended
  std::size_t held_octets = 0;  // of content in memory, counted against the bound

  bool may_start() const { return !held && !deleted; }
};

/// Some recipients of one message that travel together.
struct Consignment {
  std::shared_ptr<ActiveMessage> message;
  std::vector<std::uint32_t> recipients;
};

}  // namespace gateway
