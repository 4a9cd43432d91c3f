#pragma once

#include <optional>
#include <string_view>

#include "gateway/spool/spool.hpp"

namespace gateway {

/// What an operator does to messages: try now; keep back; let go again; remove without a report; return to the sender
/// at the next attempt; try anew as if just arrived.
enum class QueueVerb : std::uint8_t { retry, hold, release, remove, expire, requeue };

/// "retry", "hold", "release", "delete", "expire", "requeue".
std::optional<QueueVerb> parse_queue_verb(std::string_view name);
std::string_view to_string(QueueVerb verb);

/// "made due", "held", ...: for "3 messages held".
std::string_view past_form(QueueVerb verb);

/// The change that `verb` makes to a message, or nullopt when it leaves it as it is (hold of a held one; anything but
/// delete of a corrupt one).
std::optional<Change> change_of(QueueVerb verb, const Envelope& envelope, SystemTime now);

}  // namespace gateway
