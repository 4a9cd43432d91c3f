#pragma once

#include <optional>
#include <string_view>

#include "gateway/cli/queue_options.hpp"

namespace gateway::cli {

/// What an operator does to messages: try now; keep back; let go again; remove without a report; return to the sender
/// at the next attempt; try anew as if just arrived.
enum class QueueVerb : std::uint8_t { retry, hold, release, remove, expire, requeue };

/// "retry", "hold", "release", "delete", "expire", "requeue".
std::optional<QueueVerb> parse_queue_verb(std::string_view name);
std::string_view to_string(QueueVerb verb);

/// The change that `verb` makes to a message, or nullopt when it leaves it as it is (hold of a held one; anything but
/// delete of a corrupt one).
std::optional<Change> change_of(QueueVerb verb, const Envelope& envelope, SystemTime now);

/// Changes all messages that the filter names in a spool opened for change, some hundred a commit. Returns how many
/// were hit; for an error some may be. Must not be called on the thread that answers `done` of the spool.
[[nodiscard]] tl::expected<std::vector<MessageId>, SpoolError> change_messages(Spool& spool, QueueVerb verb,
                                                                               const QueueFilter& filter,
                                                                               SystemTime now);

/// `gatepost queue VERB` on the spool itself, for when no daemon runs. Returns the exit code.
int queue_change(QueueVerb verb, QueueOptions options);

}  // namespace gateway::cli
