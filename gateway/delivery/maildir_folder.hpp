#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace gateway {

/// An open descriptor of a folder or file, closed with its owner.
class FolderFd {
 public:
  FolderFd() = default;
  explicit FolderFd(int fd) : fd_(fd) {}
  FolderFd(FolderFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderFd& operator=(FolderFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderFd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Whose files a mailbox holds; unset: those of the running user.
struct MailboxOwner {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
};

/// An open Maildir: its folders are held by descriptors, so that nothing that happens to the path later can lead a
/// delivery elsewhere.
struct MaildirFolder {
  FolderFd root, fresh, temporary;  // fresh is new/
  dev_t device = 0;
  bool created = false;  // it was not there before
  MailboxOwner owner;
  std::chrono::steady_clock::time_point opened{};
};

/// The components of `path` behind `base`; nullopt when it does not lie below.
std::optional<std::vector<std::string>> components_below(std::string_view base, std::string_view path);

/// Opens the Maildir at `path`, which must lie below `base`. No component below `base` may be a symbolic link or "..".
/// Missing folders are created with mode 0700, synced, when `create` is set. The error is an errno value.
enum class CreateFolders : bool { no, yes };
[[nodiscard]] tl::expected<MaildirFolder, int> open_maildir(const std::string& base, std::string_view path,
                                                            CreateFolders create, MailboxOwner owner);

}  // namespace gateway
