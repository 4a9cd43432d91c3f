#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/spool/envelope.hpp"

namespace gateway::cli {

/// Which messages a queue command means: all conditions given must hold. Addresses and domains compare without case.
struct QueueFilter {
  std::vector<MessageId> ids;  // empty = every ID
  std::string sender;          // "a@b", "@b" for a whole domain, "<>" for the null sender
  std::string recipient;       // "a@b" or "@b"; only recipients that wait count
  std::string domain;          // of a waiting recipient
  std::string route;
  std::string reason;  // part of a waiting recipient's last reply
  std::string state;   // queued deferred hold corrupt
  std::optional<std::chrono::seconds> older_than;

  /// The route of a recipient's domain; must be set when `route` is.
  std::function<std::string(std::string_view domain)> route_of;

  bool is_empty() const;
  bool matches(const Envelope& envelope, SystemTime now) const;
};

/// "queued", "deferred" (was tried), "hold" or "corrupt".
std::string_view state_of(const Envelope& envelope);

/// "90", "90s", "5m", "3h", "2d" or "1w".
std::optional<std::chrono::seconds> parse_age(std::string_view text);

}  // namespace gateway::cli
