#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gateway {

/// How much room mailboxes have, for those who ask before they accept mail.
///
/// Looks at disks on a thread of its own, because a home may lie on a file server that is away; answers are kept for a
/// moment. Safe to use from any thread. A question that is under way when this object goes is not answered.
class MailboxRoom {
 public:
  static constexpr std::uint64_t unknown = UINT64_MAX;

  struct Mailbox {
    std::string base, path;  // as for open_maildir()
    std::uint64_t quota = 0;
  };

  MailboxRoom();
  ~MailboxRoom();
  MailboxRoom(const MailboxRoom&) = delete;
  MailboxRoom& operator=(const MailboxRoom&) = delete;

  /// The octets that are left, if somebody asked a moment ago.
  std::optional<std::uint64_t> known(const Mailbox& mailbox) const;

  /// Calls `done` once, on the thread of this object or, when too much is asked, before it returns. `done` must not ask
  /// again. A mailbox that is not there has its whole quota left; of one that cannot be read the room is unknown.
  void ask(Mailbox mailbox, std::function<void(std::uint64_t)> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gateway
