#include "gateway/delivery/maildir_quota.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <memory>
#include <optional>
#include <string>

namespace gateway {

namespace {

constexpr std::size_t longest_file = 5120;  // Maildir++: beyond this the file is rewritten

struct Sum {
  std::int64_t octets = 0, count = 0;
};

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

std::unique_ptr<DIR, CloseDir> list(int parent, const char* name) {
  const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return nullptr;
  std::unique_ptr<DIR, CloseDir> dir(fdopendir(fd));
  if (!dir) ::close(fd);
  return dir;
}

std::optional<std::int64_t> number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

/// The size in the name ("...,S=1234:2,S"), or the file's.
std::int64_t size_of(int dir, const char* name) {
  const std::string_view text(name);
  const std::size_t at = text.find(",S=");
  if (at != std::string_view::npos)
    if (auto size = number(text.substr(at + 3))) return *size;
  struct stat about {};
  return fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode) ? about.st_size : 0;
}

void scan_folder(int root, Sum& sum) {
  for (const char* part : {"new", "cur"}) {
    auto dir = list(root, part);
    if (!dir) continue;
    while (const dirent* entry = readdir(dir.get())) {
      if (entry->d_name[0] == '.') continue;
      sum.octets += size_of(dirfd(dir.get()), entry->d_name);
      ++sum.count;
    }
  }
}

Sum scan(const MaildirFolder& folder) {
  Sum sum;
  scan_folder(folder.root.get(), sum);
  auto dir = list(folder.root.get(), ".");
  if (!dir) return sum;
  while (const dirent* entry = readdir(dir.get())) {
    const std::string_view name(entry->d_name);
    // Maildir++ folders start with a dot; mail in the trash does not count.
    if (name.size() < 2 || name[0] != '.' || name == ".." || name == ".Trash") continue;
    FolderFd sub(openat(folder.root.get(), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (sub) scan_folder(sub.get(), sum);
  }
  return sum;
}

std::optional<Sum> read_file(const MaildirFolder& folder, const std::string& definition) {
  FolderFd fd(openat(folder.root.get(), "maildirsize", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return std::nullopt;
  std::string text(longest_file + 1, '\0');
  const ssize_t got = read(fd.get(), text.data(), text.size());
  if (got <= 0 || static_cast<std::size_t>(got) > longest_file) return std::nullopt;
  std::string_view rest(text.data(), static_cast<std::size_t>(got));
  Sum sum;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (first) {
      if (line != definition) return std::nullopt;
      continue;
    }
    const std::size_t space = line.find(' ', line.find_first_not_of(' '));
    const auto octets = number(line);
    if (!octets || space == std::string_view::npos) return std::nullopt;
    sum.octets += *octets;
    sum.count += number(line.substr(space)).value_or(0);
  }
  if (sum.octets < 0 || sum.count < 0) return std::nullopt;
  return sum;
}

void write_file(const MaildirFolder& folder, const std::string& definition, const Sum& sum) {
  const std::string text = definition + "\n" + std::to_string(sum.octets) + " " + std::to_string(sum.count) + "\n";
  // Two batches may repair the same file at once.
  static std::atomic<unsigned> written_files{0};
  const std::string name = "maildirsize." + std::to_string(getpid()) + "." + std::to_string(++written_files);
  unlinkat(folder.temporary.get(), name.c_str(), 0);
  FolderFd fd(openat(folder.temporary.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return;
  const bool owned =
      !folder.owner.uid || fchown(fd.get(), *folder.owner.uid, folder.owner.gid.value_or(static_cast<gid_t>(-1))) == 0;
  const bool written = write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!owned || !written || renameat(folder.temporary.get(), name.c_str(), folder.root.get(), "maildirsize") != 0)
    unlinkat(folder.temporary.get(), name.c_str(), 0);
}

}  // namespace

std::uint64_t MaildirQuota::used_in(const MaildirFolder& folder, std::uint64_t limit) {
  auto sum = read_file(folder, std::to_string(limit) + "S");
  if (!sum || static_cast<std::uint64_t>(sum->octets) >= limit) sum = scan(folder);
  return static_cast<std::uint64_t>(sum->octets);
}

MaildirQuota MaildirQuota::load(const MaildirFolder& folder, std::uint64_t limit) {
  MaildirQuota quota;
  quota.limit_ = limit;
  const std::string definition = std::to_string(limit) + "S";
  auto sum = read_file(folder, definition);
  // A full mailbox may only look full: its owner may have deleted mail without telling the file.
  if (!sum || static_cast<std::uint64_t>(sum->octets) >= limit) {
    sum = scan(folder);
    write_file(folder, definition, *sum);
  }
  quota.used_ = static_cast<std::uint64_t>(sum->octets);
  return quota;
}

void MaildirQuota::add(const MaildirFolder& folder, std::uint64_t size) {
  used_ += size;
  FolderFd fd(openat(folder.root.get(), "maildirsize", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return;
  const std::string line = std::to_string(size) + " 1\n";
  if (write(fd.get(), line.data(), line.size()) < 0) return;
}

}  // namespace gateway
