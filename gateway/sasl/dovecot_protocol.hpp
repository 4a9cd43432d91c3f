#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/sasl/login_source.hpp"

namespace gateway {

/// One line that Dovecot's auth service says to a client, protocol 1.x.
struct DovecotLine {
  enum class Kind : std::uint8_t { version, mechanism, done, accepted, challenge, refused, other, malformed };
  Kind kind = Kind::other;
  std::uint32_t major = 0;              // version
  std::string mechanism;                // mechanism
  std::vector<std::string> properties;  // mechanism: "plaintext", "private", ...
  std::uint32_t id = 0;                 // accepted, challenge, refused: which request
  std::string user, reason;             // accepted, refused
  bool is_temporary = false;            // refused
  std::string octets;                   // challenge, decoded
};

/// Never fails: what is not known is `other`, what is broken is `malformed`.
DovecotLine parse_dovecot_line(std::string_view line);

/// "VERSION ... CPID ...": `client` tells the connections to one service apart and is not 0.
std::string dovecot_hello(std::uint32_t client);

/// "AUTH ..." and "CONT ..." with their line ends.
std::string dovecot_request(std::uint32_t id, std::string_view mechanism, const LoginPeer& peer,
                            const std::optional<std::string>& initial);
std::string dovecot_continuation(std::uint32_t id, std::string_view octets);

}  // namespace gateway
