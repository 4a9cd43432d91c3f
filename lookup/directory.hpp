#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/address.hpp"
#include "lookup/answer.hpp"

namespace lookup {

/// What the directory knows of an address: the answers to the questions a gateway asks (exists? forward? group?
/// mailbox? which server? disabled?), already mapped by the directory's preset.
struct DirectoryEntry {
  std::string dn;                    // for log and `directory test`, never for the wire
  std::vector<std::string> forward;  // deliver to these instead (mailRoutingAddress, maildrop, ...)
  bool keep_copy = false;            // and into the mailbox as well
  bool is_group = false;
  std::vector<std::string> members;  // addresses, nested groups already expanded, without duplicates
  std::string home;                  // homeDirectory; a trailing slash means Maildir
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::uint64_t> quota;  // bytes
  std::string mail_host;               // mailHost: the internal server of this mailbox
  std::string user;                    // uid / sAMAccountName
  std::vector<std::string> addresses;  // all addresses of the entry, the primary one first
  bool may_receive = true;
  bool may_login = true;
};

/// Where an answer came from, for metrics, logs and `directory test`.
enum class Source : std::uint8_t { cache, live, replica, file };

std::string_view to_string(Source source);

struct DirectoryAnswer {
  Answer::Kind kind = Answer::Kind::absent;
  Unavailable reason = Unavailable::none;
  std::string detail;  // private
  DirectoryEntry entry;
  Source source = Source::live;
  std::string server;  // that answered
  std::string filter;  // that was asked

  bool is_found() const { return kind == Answer::Kind::found; }
  bool is_absent() const { return kind == Answer::Kind::absent; }
  bool is_unavailable() const { return kind == Answer::Kind::unavailable; }
};

/// The result of a login with a password.
enum class LoginResult : std::uint8_t { ok, refused, unavailable };

/// Answers questions about people from the company directory: an LDIF file, a live LDAP server, or a replica of it.
///
/// Belongs to one event loop; every `done` is called exactly once on that loop, within the directory's time limit,
/// possibly before the call returns. The directory must outlive its questions.
class Directory {
 public:
  virtual ~Directory() = default;

  /// Who receives mail for `address`? Absent means that the directory says: nobody.
  virtual void find_recipient(const Address& address, std::function<void(const DirectoryAnswer&)> done) = 0;

  /// The answer of find_recipient() if it can be given without waiting (LDIF, replica, cache).
  virtual std::optional<DirectoryAnswer> find_recipient_now(const Address& address) = 0;

  /// Is this the password of `login`? An empty password is refused without asking (RFC 4513 5.1.2). On ok, `entry`
  /// of the answer is the person's. The detail says why it failed, for the log alone.
  virtual void check_password(std::string login, std::string password,
                              std::function<void(LoginResult, const DirectoryAnswer&)> done) = 0;

  /// May `login` send as `sender`? found / absent / unavailable.
  virtual void owns_sender(std::string login, const Address& sender, std::function<void(const Answer&)> done) = 0;

  /// The configured name ("people") for logs, metrics and `directory:people`.
  virtual const std::string& name() const = 0;
};

}  // namespace lookup
