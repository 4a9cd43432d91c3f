#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <tl/expected.hpp>

#include "lookup/answer.hpp"
#include "lookup/ldap_options.hpp"

struct ldap;

namespace lookup {

struct CloseLdap {
  void operator()(ldap* session) const;
};
using LdapHandle = std::unique_ptr<ldap, CloseLdap>;

struct LdapFault {
  Unavailable reason = Unavailable::unreachable;
  std::string detail;
};

/// Ends a blocking call of libldap from another thread, by shutting its socket down: the library bounds neither the TLS
/// handshake nor, on every path, the bind. Safe from any thread.
class LdapCutter {
 public:
  LdapCutter() = default;
  ~LdapCutter();
  LdapCutter(const LdapCutter&) = delete;
  LdapCutter& operator=(const LdapCutter&) = delete;

  /// Ends the call in progress and every later one of the session.
  void cut();
  bool is_cut() const;

  /// The session has a socket now. A duplicate is kept, so that the number cannot come to mean another file.
  void watch(int socket);

  /// The call ended in time: the socket belongs to the session alone again.
  void release();

 private:
  mutable std::mutex mutex_;
  int socket_ = -1;
  bool cut_ = false;
};

/// Connects, starts TLS and binds as `options` say. Blocks: for worker threads only, with `cutter` cut at the deadline.
tl::expected<LdapHandle, LdapFault> open_ldap(const std::string& server, const LdapOptions& options,
                                              LdapCutter& cutter);

/// Is this the password of `dn`? True or false, or why nobody knows. Blocks as open_ldap() does. An empty password is
/// false without asking (RFC 4513 5.1.2). `why` tells the reason of a refusal, in words.
tl::expected<bool, LdapFault> try_password(const std::string& server, const LdapOptions& options, const std::string& dn,
                                           const std::string& password, LdapCutter& cutter, std::string& why);

/// The reason for mail, and a text for the log, of an LDAP result code and the server's message.
LdapFault explain_ldap(int code, const char* message);

/// "user disabled" for the "data 533" in Active Directory's message of a refused bind; "" when there is none.
std::string active_directory_reason(std::string_view message);

/// "host:port" without credentials or paths, for logs.
std::string server_url(const std::string& server, const LdapOptions& options);

}  // namespace lookup
