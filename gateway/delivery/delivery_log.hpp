#pragma once

#include <string>
#include <string_view>

#include "gateway/delivery/active_message.hpp"
#include "gateway/log.hpp"

namespace gateway {

/// "from=<>, size=, nrcpt= (queue active)"
void log_active(Log& log, const ActiveMessage& message);

/// "to=<>, orig_to=<>, relay=, delay=, delays=, dsn=, status= (...)"
void log_outcome(Log& log, Program program, const ActiveMessage& message, std::uint32_t recipient,
                 std::string_view relay, const Delays& delays);

void log_removed(Log& log, const ActiveMessage& message);
void log_expired(Log& log, const ActiveMessage& message);

/// Seconds as Postfix prints delays: two digits that matter, nothing below a hundredth.
std::string format_delay(double seconds);

}  // namespace gateway
