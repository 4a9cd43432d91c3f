#include "gateway/provision/carry_out.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "gateway/delivery/maildir_quota.hpp"
#include "gateway/privileges.hpp"

namespace gateway {

namespace {

using Kind = MailboxStep::Kind;
using Result = tl::expected<std::string, std::string>;

std::string text_of(int error) {
  return error == EXDEV ? "a part of the path is a symbolic link, or lies outside the base" : std::strerror(error);
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Makes the folders above `path`, which lies below `base`.
bool make_parents(const std::string& base, const std::string& path, const MailboxOwner& owner) {
  for (auto slash = path.find('/', base.size() + 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const auto folder = path.substr(0, slash);
    const bool made = ::mkdir(folder.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return false;
    if (made && owner.uid && ::chown(folder.c_str(), *owner.uid, owner.gid.value_or(static_cast<gid_t>(-1))) != 0) {
      return false;
    }
  }
  return true;
}

/// Renames a folder, never over another.
Result rename_folder(const std::string& base, const std::string& from, const std::string& to,
                     const MailboxOwner& owner) {
  const auto goal = without_slash(to);
  if (!make_parents(base, goal, owner)) return tl::unexpected(goal + ": " + text_of(errno));
  if (::renameat2(AT_FDCWD, without_slash(from).c_str(), AT_FDCWD, goal.c_str(), RENAME_NOREPLACE) != 0)
    return tl::unexpected(fmt::format("{} to {}: {}", from, goal, text_of(errno)));
  return goal;
}

Result create(const ListedMailbox& mailbox, const config::Mailboxes& mailboxes, const MailboxOwner& owner) {
  const auto folder = open_maildir(mailboxes.base, mailbox.path, CreateFolders::yes, owner);
  if (!folder) return tl::unexpected(mailbox.path + ": " + text_of(folder.error()));
  if (mailbox.quota > 0) MaildirQuota::load(*folder, mailbox.quota);
  return fmt::format("create {} address={} owner={} quota={} dn={}", mailbox.path, mailbox.address,
                     owner.uid ? std::to_string(*owner.uid) : "-", mailbox.quota, mailbox.dn);
}

}  // namespace

tl::expected<MailboxOwner, std::string> common_owner(const config::Config& config) {
  MailboxOwner owner;
  if (::geteuid() != 0) return owner;
  config::RunAs who = config.run_as;
  if (!config.mailboxes.user.empty()) who = {config.mailboxes.user, config.mailboxes.group};
  if (who.user.empty()) return owner;
  const auto user = find_service_user(who);
  if (!user) return tl::unexpected(user.error());
  owner.uid = user->uid;
  owner.gid = user->gid;
  return owner;
}

Result carry_out(const MailboxStep& step, const config::Mailboxes& mailboxes, const MailboxOwner& owner,
                 std::chrono::system_clock::time_point now) {
  const auto base = without_slash(mailboxes.base);
  switch (step.kind) {
    case Kind::create:
      return create(step.mailbox, mailboxes, owner);
    case Kind::move: {
      auto moved = rename_folder(base, step.from, step.mailbox.path, owner);
      if (moved) moved = fmt::format("move {} to {} dn={}", step.from, step.mailbox.path, step.mailbox.dn);
      return moved;
    }
    case Kind::quarantine: {
      const auto aside = fmt::format("{}/.quarantine/{:%Y%m%dT%H%M%SZ}{}", base, fmt::gmtime(now),
                                     without_slash(step.from).substr(base.size()));
      auto moved = rename_folder(base, step.from, aside, owner);
      if (moved) moved = fmt::format("quarantine {} in {} dn={}", step.from, aside, step.mailbox.dn);
      return moved;
    }
    case Kind::conflict:
      break;
  }
  return tl::unexpected(step.mailbox.path + ": " + step.why);
}

tl::expected<void, std::string> write_journal(const std::string& path, const std::vector<std::string>& lines,
                                              std::chrono::system_clock::time_point now) {
  std::string text;
  for (auto line : lines) {
    for (auto& octet : line) octet = static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f ? '?' : octet;
    text += fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(now), line);
  }
  if (text.empty()) return {};
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return tl::unexpected(path + ": " + std::strerror(errno));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!written) return tl::unexpected(path + ": " + std::strerror(error));
  return {};
}

}  // namespace gateway
