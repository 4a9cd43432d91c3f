#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// Becomes this user for good: one group, one more when `spool_group` is given, nothing kept of before. False when
/// that is not possible; errno says why. A process that is not root can only be who it is.
[[nodiscard]] bool become_recipient(uid_t uid, gid_t gid, std::optional<gid_t> spool_group);

/// Who gets the folders above a mailbox: root (mode 0711), because others' mailboxes will lie there too, or the one
/// owner of all mailboxes.
enum class FoldersAbove : bool { of_root, of_owner };

/// Makes, as root, the missing folders of `path` below `base`, and the base itself: the last one belongs to the
/// recipient, mode 0700. Walks by descriptors, never through a link, and makes something only in folders that belong
/// to root or to the owner of the base and that nobody else may write to: below a recipient's own folder everything is
/// left to the recipient's own rights. Errors are left to the delivery, which will meet them again.
void make_home(const std::string& base, std::string_view path, uid_t uid, gid_t gid, FoldersAbove above);

}  // namespace gateway
