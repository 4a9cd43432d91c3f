#include "gateway/delivery/maildir_folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace gateway {

namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

bool own(int fd, const MailboxOwner& owner) {
  if (!owner.uid && !owner.gid) return true;
  return fchown(fd, owner.uid.value_or(static_cast<uid_t>(-1)), owner.gid.value_or(static_cast<gid_t>(-1))) == 0;
}

/// One step down, never through a link. A folder made here is on disk before anybody relies on it.
tl::expected<FolderFd, int> step(int parent, const std::string& name, CreateFolders create, const MailboxOwner& owner) {
  FolderFd fd(openat(parent, name.c_str(), folder_flags));
  if (fd || errno != ENOENT || create == CreateFolders::no) {
    if (fd) return fd;
    return tl::unexpected(errno);
  }
  const bool made = mkdirat(parent, name.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return tl::unexpected(errno);
  fd = FolderFd(openat(parent, name.c_str(), folder_flags));
  if (!fd) return tl::unexpected(errno);
  if (made && (!own(fd.get(), owner) || fsync(parent) != 0)) return tl::unexpected(errno);
  return fd;
}

tl::expected<FolderFd, int> walk(int base, const std::vector<std::string>& components, CreateFolders create,
                                 const MailboxOwner& owner) {
  FolderFd at;
  for (const std::string& name : components) {
    auto next = step(at ? at.get() : base, name, create, owner);
    if (!next) return next;
    at = std::move(*next);
  }
  return at;
}

tl::expected<FolderFd, int> open_below(int base, const std::vector<std::string>& components, CreateFolders create,
                                       const MailboxOwner& owner) {
  std::string relative;
  for (const std::string& name : components) relative += (relative.empty() ? "" : "/") + name;
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const auto fd = static_cast<int>(syscall(SYS_openat2, base, relative.c_str(), &how, sizeof how));
  if (fd >= 0) return FolderFd(fd);
  // Kernels before 5.6 and some seccomp filters lack openat2: walk down by hand, which is as safe but slower.
  const bool walkable = errno == ENOSYS || errno == EPERM || (errno == ENOENT && create == CreateFolders::yes);
  if (!walkable) return tl::unexpected(errno);
  return walk(base, components, create, owner);
}

}  // namespace

FolderFd::~FolderFd() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<std::vector<std::string>> components_below(std::string_view base, std::string_view path) {
  while (base.size() > 1 && base.ends_with('/')) base.remove_suffix(1);
  if (base.empty() || base[0] != '/' || !path.starts_with(base)) return std::nullopt;
  path.remove_prefix(base.size());
  if (base != "/" && !path.starts_with('/')) return std::nullopt;
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string> components;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    components.emplace_back(part);
  }
  if (components.empty()) return std::nullopt;
  return components;
}

tl::expected<MaildirFolder, int> open_maildir(const std::string& base, std::string_view path, CreateFolders create,
                                              MailboxOwner owner) {
  const auto components = components_below(base, path);
  if (!components) return tl::unexpected(EXDEV);
  // The administrator's own path may lead through links.
  FolderFd base_fd(open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!base_fd && errno == ENOENT && create == CreateFolders::yes && mkdir(base.c_str(), 0700) == 0)
    base_fd = FolderFd(open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!base_fd) return tl::unexpected(errno);

  MaildirFolder folder;
  folder.owner = owner;
  auto root = open_below(base_fd.get(), *components, create, owner);
  if (!root) return tl::unexpected(root.error());
  folder.root = std::move(*root);
  folder.created = faccessat(folder.root.get(), "new", F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  auto temporary = step(folder.root.get(), "tmp", create, owner);
  if (!temporary) return tl::unexpected(temporary.error());
  auto fresh = step(folder.root.get(), "new", create, owner);
  if (!fresh) return tl::unexpected(fresh.error());
  auto current = step(folder.root.get(), "cur", create, owner);
  if (!current) return tl::unexpected(current.error());
  folder.temporary = std::move(*temporary);
  folder.fresh = std::move(*fresh);
  struct stat about {};
  if (fstat(folder.fresh.get(), &about) != 0) return tl::unexpected(errno);
  folder.device = about.st_dev;
  folder.opened = std::chrono::steady_clock::now();
  return folder;
}

}  // namespace gateway
