#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gateway {

/// A mailbox that the directory says should be there. `id` outlives a change of the entry's name.
struct ListedMailbox {
  std::string id, dn, address, path;  // path as of mailbox_path()
  std::optional<std::uint32_t> uid, gid;
  std::uint64_t quota = 0;
};

/// What the directory says of mailboxes: those that belong here, all entries there are, and those that cannot be used.
struct MailboxListing {
  std::vector<ListedMailbox> mailboxes;
  std::set<std::string> present;     // ids of all entries
  std::vector<std::string> refused;  // "DN: why"
};

/// Where the mailbox of an entry was when it was last looked after, by id.
struct KnownMailbox {
  std::string dn, path;
};
using KnownMailboxes = std::map<std::string, KnownMailbox>;

struct MailboxStep {
  enum class Kind : std::uint8_t {
    create,
    move,        // from `from` to the mailbox's path
    quarantine,  // the entry is gone: `from` is set aside
    conflict,    // nothing is done; `why` tells
  };
  Kind kind = Kind::create;
  ListedMailbox mailbox;
  std::string from, why;
};

/// What must be done so that the mail store is as the directory says. Nothing is ever deleted, and a folder that any
/// entry claims is not moved away.
std::vector<MailboxStep> plan_mailboxes(const MailboxListing& listing, const KnownMailboxes& known,
                                        const std::function<bool(const std::string& path)>& is_there);

}  // namespace gateway
