#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/spool/envelope.hpp"

namespace gateway {

/// What an operator does to messages: try now; keep back; let go again; remove without a report; return to the sender
/// at the next attempt; try anew as if just arrived.
enum class QueueVerb : std::uint8_t { retry, hold, release, remove, expire, requeue };

/// "retry", "hold", "release", "delete", "expire", "requeue".
std::optional<QueueVerb> parse_queue_verb(std::string_view name);
std::string_view to_string(QueueVerb verb);

/// "made due", "held", ...: for "3 messages held".
std::string_view past_form(QueueVerb verb);

/// Does `verb` make a difference to the message (not: hold of a held one; anything but delete of a corrupt one)?
bool concerns(QueueVerb verb, const Envelope& envelope);

/// An operator's verb and when it was given.
struct QueueOrder {
  QueueVerb verb = QueueVerb::retry;
  SystemTime at{};
};

/// What a delivery attempt learned, and nothing else: whatever an operator did to the message meanwhile stays.
struct AttemptResult {
  struct Recipient {
    std::uint32_t place = 0;  // in the envelope
    RecipientState state = RecipientState::pending;
    std::string last_reply, last_dsn;
  };
  std::vector<Recipient> recipients;
  bool ended = false;         // false: a part; more of the same attempt will follow
  bool delay_warned = false;  // the sender was told now
  SystemTime began_from{};    // next_try of the record that the attempt started from
  SystemTime next_try{};      // used unless somebody chose another time since
};

/// The message goes: nothing is left to be done for it, or nobody wants that it is done.
struct Removal {};

/// One step in a message's life, written down as what happened. It carries no record: the spool applies it to the one
/// it holds at that moment, so that no step can undo another, whatever their order.
struct Change {
  MessageId id;
  std::variant<Removal, QueueOrder, AttemptResult> what;
};

enum class Merged : std::uint8_t { unchanged, changed, gone };

/// Applies `change` to the stored envelope. `gone`: remove the message.
Merged merge(const Change& change, Envelope& stored);

}  // namespace gateway
