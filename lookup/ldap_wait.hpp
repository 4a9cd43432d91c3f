#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/ldap_session.hpp"
#include "lookup/searcher.hpp"

struct ldapmsg;

namespace lookup {

/// Wakes a thread that waits for an LDAP server, or cuts its connecting short. Safe from any thread.
class LdapAlarm {
 public:
  LdapAlarm();
  ~LdapAlarm();
  LdapAlarm(const LdapAlarm&) = delete;
  LdapAlarm& operator=(const LdapAlarm&) = delete;

  void wake();
  void stop();  // wakes for good
  bool is_stopped() const { return stopped_; }

  /// Waits for a wake-up, or for `socket` (unless negative) to become readable, at most until `deadline`. True for the
  /// socket.
  bool wait(int socket, std::chrono::steady_clock::time_point deadline);

  /// open_ldap() within the connect timeout of `options`.
  tl::expected<LdapHandle, LdapFault> open(const std::string& server, const LdapOptions& options);

 private:
  int event_ = -1;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  LdapCutter* connecting_ = nullptr;
};

struct FreeLdapMessage {
  void operator()(ldapmsg* message) const;
};
using LdapMessage = std::unique_ptr<ldapmsg, FreeLdapMessage>;

/// A search control: its OID and value.
struct LdapControl {
  std::string oid, value;
  bool critical = true;
};

/// Starts a search of one session; its number.
tl::expected<int, LdapFault> start_search(ldap* session, const SearchRequest& request, const LdapControl& control);

/// The next message, without waiting: null when there is none yet. The error means that the connection is lost.
tl::expected<LdapMessage, LdapFault> next_message(ldap* session);

/// The value of a message's control; false when it has none.
bool control_value(ldap* session, ldapmsg* message, const char* oid, std::string& value);

/// The socket, for LdapAlarm::wait().
int socket_of(ldap* session);

}  // namespace lookup
