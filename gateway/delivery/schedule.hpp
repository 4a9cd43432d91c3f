#pragma once

#include <chrono>

#include "gateway/config/config.hpp"
#include "gateway/spool/envelope.hpp"

namespace gateway {

/// When a message that could not be delivered at `now` is tried again: after as long as it is old already (so that the
/// time between attempts doubles), within minimal and maximal back-off. Maximal wins where they cross.
SystemTime next_try(const config::Queue& queue, SystemTime arrival, SystemTime now);

/// Has the message been in the queue for its whole lifetime? A lifetime of 0 allows one attempt.
bool is_expired(const config::Queue& queue, const Envelope& envelope, SystemTime now);

/// Is it time to tell the sender that the message is late? Once for a message, never for the null sender.
bool is_delay_warning_due(const config::Queue& queue, const Envelope& envelope, SystemTime now);

}  // namespace gateway
