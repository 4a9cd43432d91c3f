#include "gateway/local/recipient_rights.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "gateway/delivery/maildir_folder.hpp"

namespace gateway {

namespace {

bool may_be_changed_by_others(const struct stat& folder) {
  return (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (folder.st_mode & S_ISVTX) == 0;
}

}  // namespace

bool become_recipient(uid_t uid, gid_t gid, std::optional<gid_t> spool_group) {
  if (::geteuid() != 0) {
    errno = EPERM;
    return ::geteuid() == uid;
  }
  const gid_t groups[2] = {gid, spool_group.value_or(gid)};
  if (::setgroups(spool_group ? 2 : 1, groups) != 0 || ::setresgid(gid, gid, gid) != 0 ||
      ::setresuid(uid, uid, uid) != 0)
    return false;
  if (::setuid(0) == 0 || ::geteuid() != uid || ::getegid() != gid) {
    errno = EPERM;
    return false;
  }
  return true;
}

void make_home(const std::string& base, std::string_view path, uid_t uid, gid_t gid, FoldersAbove above) {
  const auto components = components_below(base, path);
  if (!components) return;
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  const bool one_owner = above == FoldersAbove::of_owner;
  FolderFd at(::open(base.c_str(), flags));
  if (!at && errno == ENOENT && ::mkdir(base.c_str(), 0700) == 0) {
    at = FolderFd(::open(base.c_str(), flags));
    if (!at || (one_owner ? ::fchown(at.get(), uid, gid) : ::fchmod(at.get(), 0755)) != 0) return;
  }
  struct stat top {};
  if (!at || ::fstat(at.get(), &top) != 0) return;
  for (std::size_t index = 0; index < components->size(); ++index) {
    const char* name = (*components)[index].c_str();
    FolderFd next(::openat(at.get(), name, flags | O_NOFOLLOW));
    if (!next) {
      struct stat parent {};
      if (errno != ENOENT || ::fstat(at.get(), &parent) != 0) return;
      if ((parent.st_uid != 0 && parent.st_uid != top.st_uid) || may_be_changed_by_others(parent)) return;
      const bool last = index + 1 == components->size();
      if (::mkdirat(at.get(), name, 0700) != 0 && errno != EEXIST) return;
      next = FolderFd(::openat(at.get(), name, flags | O_NOFOLLOW));
      struct stat made {};
      if (!next || ::fstat(next.get(), &made) != 0) return;
      // Another delivery may have been quicker: what is no longer root's is left alone.
      if (made.st_uid != 0) {
        at = std::move(next);
        continue;
      }
      if (last || one_owner ? ::fchown(next.get(), uid, gid) != 0 : ::fchmod(next.get(), 0711) != 0) return;
      if (::fsync(next.get()) != 0 || ::fsync(at.get()) != 0) return;
    }
    at = std::move(next);
  }
}

}  // namespace gateway
