#pragma once

#include <optional>
#include <string_view>

#include "gateway/cli/queue_options.hpp"
#include "gateway/spool/queue_change.hpp"

namespace gateway::cli {

/// Changes all messages that the filter names in a spool opened for change, some hundred a commit. Returns how many
/// were hit; for an error some may be. Must not be called on the thread that answers `done` of the spool.
[[nodiscard]] tl::expected<std::vector<MessageId>, SpoolError> change_messages(Spool& spool, QueueVerb verb,
                                                                               const QueueFilter& filter,
                                                                               SystemTime now);

/// `gatepost queue VERB` on the spool itself, for when no daemon runs. Returns the exit code.
int queue_change(QueueVerb verb, QueueOptions options);

}  // namespace gateway::cli
