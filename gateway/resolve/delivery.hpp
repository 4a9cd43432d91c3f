#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gateway {

/// How one recipient is reached: the outcome of resolution, computed at RCPT or again before a later attempt.
struct Delivery {
  enum class Kind : std::uint8_t {
    maildir,  // into `path`
    relay,    // to `route`'s hosts, or to `nexthop` by that route's settings
    discard,
    defer,    // cannot be decided now: `reply` / `dsn` say why
    fail,     // cannot be delivered for good: `reply` / `dsn` say why
    local,    // to `user` of this machine, as mailboxes.local says
    command,  // to the program `path`
    file,     // to the end of `path`
  };

  Kind kind = Kind::defer;
  std::string route;    // configured name, "default" when none
  std::string nexthop;  // overrides the route's relay list: "host", "[host]:port" (mailHost, transport table)
  std::string path;     // Maildir (absolute, below mailboxes.base), command line or file
  std::string user;     // login name
  std::optional<std::uint32_t> uid, gid;
  std::uint64_t quota = 0;  // 0 = none
  std::string reply, dsn;

  bool operator==(const Delivery&) const = default;
};

}  // namespace gateway
