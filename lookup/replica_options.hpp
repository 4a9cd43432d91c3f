#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lookup/directory_options.hpp"

namespace lookup {

/// How a replica follows its directory: syncrepl is told of changes (RFC 4533), dirsync asks Active Directory for them
/// each interval, poll reads everything each interval.
enum class ReplicaMode : std::uint8_t { syncrepl, poll, dirsync };

/// What an address gets while no server answers and the replica is too old to say no: the replica's word for those it
/// knows and 451 for others; 451 for all; or acceptance of those it does not know.
enum class WhenReplicaIsOld : std::uint8_t { replica, defer, accept };

struct ReplicaOptions {
  DirectoryOptions directory;
  ReplicaMode mode = ReplicaMode::poll;
  WhenReplicaIsOld when_old = WhenReplicaIsOld::defer;
  std::chrono::seconds interval{300};          // of poll and dirsync
  std::chrono::seconds max_age{86'400};        // older, it no longer says that somebody does not exist
  int refuse_shrink_percent = 20;              // a larger loss of entries is held until accepted
  std::chrono::milliseconds quiet{200};        // changes are gathered this long
  std::chrono::seconds refresh_after{86'400};  // a full comparison, even of what is followed
  std::string file;                            // "": kept in memory alone
};

/// Current: complete and in touch. Stale: complete once, but no server answers now. Held: the directory has shrunk too
/// much to be believed; the state before it is used. Empty: never complete.
enum class ReplicaState : std::uint8_t { empty, current, stale, held };
std::string_view to_string(ReplicaState state);
std::string_view to_string(ReplicaMode mode);

}  // namespace lookup
