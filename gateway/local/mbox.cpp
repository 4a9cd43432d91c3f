#include "gateway/local/mbox.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "gateway/delivery/storage_outcome.hpp"
#include "gateway/local/message_text.hpp"

namespace gateway {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_tries{50};

/// Tries until it works, or patience ends with the last errno. `attempt` says true, or false with errno set; what will
/// not pass by waiting ends it at once.
template <class Attempt>
int insist(const MboxRules& rules, const Attempt& attempt) {
  const auto end = steady_clock::now() + rules.patience;
  for (;;) {
    if (attempt()) return 0;
    const int error = errno;
    if (error != EAGAIN && error != EEXIST && error != EINTR && error != EWOULDBLOCK) return error;
    if (steady_clock::now() >= end) return EAGAIN;
    std::this_thread::sleep_for(between_tries);
  }
}

/// FILE.lock beside the file, gone with this value.
class DotLock {
 public:
  DotLock(int folder, std::string name) : folder_(folder), name_(std::move(name)) {}
  DotLock(const DotLock&) = delete;
  DotLock& operator=(const DotLock&) = delete;
  ~DotLock() {
    if (held_) ::unlinkat(folder_, name_.c_str(), 0);
  }

  bool try_lock(std::chrono::seconds stale) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    const FolderFd fd(::openat(folder_, name_.c_str(), flags, 0600));
    held_ = static_cast<bool>(fd);
    if (held_) {
      const std::string owner = std::to_string(::getpid()) + "\n";
      // The number is for people; the file's being there is the lock.
      if (::write(fd.get(), owner.data(), owner.size()) < 0) return true;
      return true;
    }
    const int error = errno;
    struct stat about {};
    if (error == EEXIST && ::fstatat(folder_, name_.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
        std::chrono::seconds(std::time(nullptr) - about.st_mtime) > stale)
      ::unlinkat(folder_, name_.c_str(), 0);
    errno = error;
    return false;
  }

 private:
  int folder_;
  std::string name_;
  bool held_ = false;
};

bool set_fcntl_lock(int fd) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &lock) == 0) return true;
  if (errno == EACCES) errno = EAGAIN;  // as POSIX allows
  return false;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

std::optional<Outcome> unfit(const struct stat& about, const MboxFile& file, const MboxRules& rules) {
  if (!S_ISREG(about.st_mode)) return failed("5.2.0", rules.writer + " failed: destination is not a regular file");
  if (about.st_nlink != 1) return deferred("4.2.0", rules.writer + " failed: destination has more than one name");
  if (file.only_own && about.st_uid != ::geteuid())
    return deferred("4.2.0", rules.writer + " failed: destination is not owned by recipient");
  if (!file.only_own && (about.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0)
    return failed("5.7.1", rules.writer + " failed: executable destination file");
  return std::nullopt;
}

}  // namespace

tl::expected<MboxFile, int> find_mbox(const std::string& base, std::string_view path) {
  const auto components = components_below(base, path);
  if (!components) return tl::unexpected(EXDEV);
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  MboxFile file;
  file.name = components->back();
  file.folder = FolderFd(::open(base.c_str(), flags));
  for (std::size_t at = 0; file.folder && at + 1 < components->size(); ++at)
    file.folder = FolderFd(::openat(file.folder.get(), (*components)[at].c_str(), flags | O_NOFOLLOW));
  if (!file.folder) return tl::unexpected(errno);
  return file;
}

tl::expected<MboxFile, int> find_file(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash + 1 == path.size()) return tl::unexpected(EISDIR);
  MboxFile file;
  file.name = path.substr(slash + 1);
  file.only_own = false;
  file.folder = FolderFd(::open(path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.folder) return tl::unexpected(errno);
  return file;
}

Outcome append_to_mbox(const MboxFile& file, const OrderedMail& mail, const Content& content, const MboxRules& rules,
                       const config::Mailboxes& mailboxes) {
  const auto trouble = [&](int error) { return storage_trouble(rules.writer, error, mailboxes); };
  const auto unlocked = [&](int error) {
    if (error != EAGAIN) return trouble(error);
    return deferred("4.2.0", rules.writer + " failed: unable to lock for exclusive access");
  };
  constexpr int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  FolderFd fd(::openat(file.folder.get(), file.name.c_str(), flags));
  bool made = false;
  if (!fd && errno == ENOENT && rules.create) {
    fd = FolderFd(::openat(file.folder.get(), file.name.c_str(), flags | O_CREAT | O_EXCL, 0600));
    made = static_cast<bool>(fd);
    // Somebody else was quicker.
    if (!fd && errno == EEXIST) fd = FolderFd(::openat(file.folder.get(), file.name.c_str(), flags));
  }
  if (!fd) return trouble(errno);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return trouble(errno);
  if (auto bad = unfit(about, file, rules)) return *bad;

  DotLock dotlock(file.folder.get(), file.name + ".lock");
  for (const std::string& lock : rules.locks) {
    const int error = insist(rules, [&] {
      if (lock == "dotlock") return dotlock.try_lock(rules.stale_lock);
      return lock == "flock" ? ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 : set_fcntl_lock(fd.get());
    });
    // In a folder that the user may not write to, a file of an alias has the kernel's locks only.
    const bool has_other = rules.locks.size() > 1;
    if (lock == "dotlock" && !file.only_own && has_other && (error == EACCES || error == EPERM || error == EROFS))
      continue;
    if (error != 0) return unlocked(error);
  }
  // A mail reader may have put a new file in its place while we waited.
  struct stat now {};
  if (::fstatat(file.folder.get(), file.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 || now.st_ino != about.st_ino ||
      now.st_dev != about.st_dev || ::fstat(fd.get(), &about) != 0)
    return deferred("4.2.0", rules.writer + " failed: mailbox was replaced during delivery");

  const off_t length = about.st_size;
  const auto take_back = [&](Outcome outcome) {
    if (::ftruncate(fd.get(), length) == 0) ::fsync(fd.get());
    return outcome;
  };
  std::uint64_t size = 0;
  std::string piece;
  MessageText text(mail, content,
                   std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()),
                   MessageText::FromQuoting::yes);
  for (;;) {
    if (!text.next(piece))
      return take_back(deferred("4.3.0", rules.writer + " failed: message content cannot be read"));
    if (piece.empty()) break;
    size += piece.size();
    const std::uint64_t limit = mailboxes.mailbox_size_limit;
    if (limit > 0 && size > limit)
      return take_back(failed("5.2.3", rules.writer + " failed: message exceeds the mailbox's size limit"));
    if (limit > 0 && static_cast<std::uint64_t>(length) + size > limit)
      return take_back(mailbox_full(rules.writer, mailboxes));
    if (!write_all(fd.get(), piece)) {
      const int error = errno;
      return take_back(trouble(error));
    }
  }
  if (::fsync(fd.get()) != 0 || (made && ::fsync(file.folder.get()) != 0)) {
    const int error = errno;
    return take_back(trouble(error));
  }
  return delivered({});
}

}  // namespace gateway
