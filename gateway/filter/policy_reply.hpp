#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gateway {

/// What stands at the front of the octets that a policy service sent: name=value lines, then an empty line.
struct PolicyReply {
  enum class State : std::uint8_t { incomplete, complete, malformed };

  State state = State::incomplete;
  std::string_view action;  // of the attribute "action", a view into the input; may be empty
  std::size_t length = 0;   // octets of the reply with its empty line, when complete
};

/// Total. Attributes other than "action" are ignored; a reply without one, a line without "=" or more than 64 KB is
/// malformed. A CR in front of LF is forgiven.
PolicyReply parse_policy_reply(std::string_view input);

}  // namespace gateway
