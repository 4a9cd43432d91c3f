#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// The identity of a message, never used twice: microseconds since 1970 at its arrival, made unique by counting on.
/// Printed as upper-case hexadecimal ("65BC9A3F1D2E4"), the form of queue ID that Postfix's log readers know.
struct MessageId {
  std::uint64_t value = 0;

  auto operator<=>(const MessageId&) const = default;
};

std::string to_string(MessageId id);
std::optional<MessageId> parse_message_id(std::string_view text);

/// The next free ID; safe from any thread. Never lower than one given out before in this process; the spool raises the
/// floor at start to the highest ID it holds.
MessageId next_message_id();
void raise_message_id_floor(MessageId highest);

}  // namespace gateway
