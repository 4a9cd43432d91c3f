#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "lookup/ldap_wait.hpp"
#include "lookup/replica_keeper.hpp"
#include "lookup/replica_options.hpp"

namespace lookup {

/// What a replica asks its server for: every entry that can answer a question of the layout, with what it needs.
SearchRequest replica_search(const Layout& layout);

/// A number that changes when one of the settings does that decide what a replica holds.
std::string replica_fingerprint(const ReplicaOptions& options, const SearchRequest& search);

/// What the thread of a replica works with. `whole` asks for everything instead of what changed; a feed clears it.
struct ReplicaWork {
  const ReplicaOptions& options;
  const SearchRequest& search;
  ReplicaKeeper& keeper;
  LdapAlarm& alarm;
  std::atomic<bool>& whole;
  std::function<void()> settled;  // after each refresh that is complete
  std::function<void()> serve;    // carries out what operators asked for; called while changes are awaited
  // When read_changes() last read everything, and when it may compare what is there again.
  std::chrono::steady_clock::time_point read_wholly = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point compare_at{};
  bool told_of_deletions = false;  // the server tells of deletions
};

/// Reads the whole directory in pages and settles. Nothing is changed when it breaks off.
LdapFault read_directory(ReplicaWork& work, const std::string& server, ldap* session);

/// Reads what has changed since the cookie of the last reading, by Active Directory's DirSync, and settles.
LdapFault read_changes(ReplicaWork& work, const std::string& server, ldap* session);

/// Refreshes by RFC 4533 and follows the changes until the connection is lost, a whole refresh is due or the alarm
/// stops: then its reason is none.
LdapFault follow_directory(ReplicaWork& work, const std::string& server, ldap* session);

}  // namespace lookup
