#include "gateway/delivery/maildir_batch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "gateway/delivery/maildir_message.hpp"
#include "gateway/delivery/storage_outcome.hpp"

namespace gateway {

namespace {

constexpr std::size_t synced_singly = 8;
constexpr std::size_t open_mailboxes = 256;
constexpr std::chrono::seconds folder_age{5};
constexpr std::size_t block = 65536;

constexpr std::string_view writer = "maildir delivery";

bool write_all(int fd, std::string_view top, std::string_view body) {
  iovec parts[2] = {{const_cast<char*>(top.data()), top.size()}, {const_cast<char*>(body.data()), body.size()}};
  std::size_t left = top.size() + body.size();
  int first = 0;
  while (left > 0) {
    const ssize_t wrote = writev(fd, parts + first, 2 - first);
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    auto skip = static_cast<std::size_t>(wrote);
    left -= skip;
    for (; first < 2 && skip >= parts[first].iov_len; ++first) skip -= parts[first].iov_len;
    if (first < 2) {
      parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + skip;
      parts[first].iov_len -= skip;
    }
  }
  return true;
}

}  // namespace

void MaildirBatch::deliver(std::vector<MailboxJob>& jobs) {
  trim();
  files_.clear();
  files_.reserve(jobs.size());
  for (MailboxJob& job : jobs) write(job, jobs.size() <= synced_singly);
  sync_files();
  rename_files();
  sync_folders();
  for (File& file : files_) {
    if (file.job->outcome.result != Outcome::Result::undecided) continue;
    file.job->outcome = {Outcome::Result::sent, "2.0.0", "delivered to maildir", {}, {}, false};
    if (file.mailbox->quota && file.size > 0) file.mailbox->quota->add(file.mailbox->folder, file.size);
  }
  files_.clear();
  body_content_.reset();
}

void MaildirBatch::write(MailboxJob& job, bool keep_open) {
  const config::Mailboxes& mailboxes = job.config->mailboxes;
  if (has_delivered_to(header_of(*job.content, header_buffer_), job.address)) {
    job.outcome = failed("5.4.6", "mail forwarding loop for " + job.address);
    return;
  }
  int error = 0;
  File file;
  file.job = &job;
  // A mailbox that was removed and made anew while its folders were kept open: look again, once.
  for (int attempt = 0; attempt < 2; ++attempt) {
    file.mailbox = open_mailbox(job, error);
    if (!file.mailbox) {
      if (job.outcome.result == Outcome::Result::undecided) job.outcome = storage_trouble(writer, error, mailboxes);
      return;
    }
    file.stem = maildir_stem(job.id, job.recipient, job.arrival, job.config->hostname);
    if (job.may_exist && is_present(*file.mailbox, file.stem)) {
      file.renamed = true;
      files_.push_back(std::move(file));
      return;
    }
    const int folder = file.mailbox->folder.temporary.get();
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    file.fd = FolderFd(openat(folder, file.stem.c_str(), flags, 0600));
    if (!file.fd && errno == EEXIST && unlinkat(folder, file.stem.c_str(), 0) == 0)
      file.fd = FolderFd(openat(folder, file.stem.c_str(), flags, 0600));
    if (file.fd) break;
    error = errno;
    mailboxes_.erase(job.delivery.path);
    if (error != ENOENT) break;
  }
  if (!file.fd) {
    job.outcome = storage_trouble(writer, error, mailboxes);
    return;
  }
  if (!fill(job, file)) {
    unlinkat(file.mailbox->folder.temporary.get(), file.stem.c_str(), 0);
    return;
  }
  file.name = file.stem + ",S=" + std::to_string(file.size);
  if (!keep_open) file.fd = FolderFd();
  files_.push_back(std::move(file));
}

bool MaildirBatch::fill(const MailboxJob& job, File& file) {
  MailboxJob& target = *file.job;
  const config::Mailboxes& mailboxes = job.config->mailboxes;
  const MailboxOwner& owner = file.mailbox->folder.owner;
  if ((owner.uid || owner.gid) && fchown(file.fd.get(), owner.uid.value_or(static_cast<uid_t>(-1)),
                                         owner.gid.value_or(static_cast<gid_t>(-1))) != 0) {
    target.outcome = storage_trouble(writer, errno, mailboxes);
    return false;
  }
  text_ = trace_lines(job.sender, job.original, job.address);
  const std::string_view whole = job.content->in_memory();
  bool written = true;
  if (!whole.empty() || job.content->size() == 0) {
    if (body_content_ != job.content) {
      body_.clear();
      if (append_with_lf(whole, body_)) body_ += '\r';
      body_content_ = job.content;
    }
    file.size = text_.size() + body_.size();
    written = write_all(file.fd.get(), text_, body_);
  } else {
    std::string piece(block, '\0');
    bool held_cr = false;
    file.size = 0;
    for (std::uint64_t offset = 0; written;) {
      const std::int64_t got = job.content->read(offset, piece.data() + held_cr, piece.size() - held_cr);
      if (got < 0) {
        target.outcome = deferred("4.3.0", "maildir delivery failed: the message content cannot be read");
        return false;
      }
      if (held_cr) piece[0] = '\r';
      const std::size_t length = static_cast<std::size_t>(got) + held_cr;
      held_cr = append_with_lf(std::string_view(piece.data(), length), text_);
      if (got == 0 && held_cr) text_ += '\r';
      written = write_all(file.fd.get(), text_, {});
      file.size += text_.size();
      text_.clear();
      offset += static_cast<std::uint64_t>(got);
      if (got == 0) break;
    }
  }
  if (!written) {
    target.outcome = storage_trouble(writer, errno, mailboxes);
    return false;
  }
  if (mailboxes.mailbox_size_limit > 0 && file.size > mailboxes.mailbox_size_limit) {
    target.outcome = failed("5.2.3", "maildir delivery failed: message exceeds the mailbox's size limit");
    return false;
  }
  const std::uint64_t limit = job.delivery.quota > 0 ? job.delivery.quota : mailboxes.quota_default;
  if (limit > 0) {
    auto& quota = file.mailbox->quota;
    if (!quota) quota = MaildirQuota::load(file.mailbox->folder, limit);
    // Files of this batch that are not counted yet.
    std::uint64_t waiting = 0;
    for (const File& each : files_)
      if (each.mailbox == file.mailbox) waiting += each.size;
    if (!quota->has_room_for(waiting + file.size)) {
      target.outcome = mailbox_full(writer, mailboxes);
      return false;
    }
  }
  return true;
}

std::shared_ptr<MaildirBatch::Mailbox> MaildirBatch::open_mailbox(MailboxJob& job, int& error) {
  const std::string& key = job.delivery.path;
  const auto known = mailboxes_.find(key);
  if (known != mailboxes_.end()) return known->second;
  const auto owner = owner_of(job, job.outcome);
  if (!owner) return nullptr;
  const config::Mailboxes& mailboxes = job.config->mailboxes;
  const auto create = mailboxes.create_on_first_delivery ? CreateFolders::yes : CreateFolders::no;
  auto folder = open_maildir(mailboxes.base, job.delivery.path, create, *owner);
  if (!folder) {
    error = folder.error();
    job.failed_to_open = true;
    return nullptr;
  }
  auto mailbox = std::make_shared<Mailbox>();
  job.made_mailbox = folder->created;
  mailbox->folder = std::move(*folder);
  if (mailboxes_.size() < open_mailboxes) mailboxes_[key] = mailbox;
  return mailbox;
}

std::optional<MailboxOwner> MaildirBatch::owner_of(const MailboxJob& job, Outcome& outcome) {
  const config::Mailboxes& mailboxes = job.config->mailboxes;
  MailboxOwner owner;
  if (geteuid() != 0) return owner;
  char buffer[4096];
  if (!mailboxes.user.empty()) {
    passwd entry{}, *found = nullptr;
    if (getpwnam_r(mailboxes.user.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) {
      outcome = deferred("4.3.5", "maildir delivery failed: the mailbox user is unknown");
      return std::nullopt;
    }
    owner.uid = found->pw_uid;
    owner.gid = found->pw_gid;
  }
  if (!mailboxes.group.empty()) {
    group entry{}, *found = nullptr;
    if (getgrnam_r(mailboxes.group.c_str(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr)
      owner.gid = found->gr_gid;
  }
  return owner;
}

bool MaildirBatch::is_present(Mailbox& mailbox, const std::string& stem) {
  if (!mailbox.present) {
    mailbox.present.emplace();
    for (const char* part : {"new", "cur"}) {
      const int fd = openat(mailbox.folder.root.get(), part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
      DIR* dir = fd < 0 ? nullptr : fdopendir(fd);
      if (dir == nullptr) {
        if (fd >= 0) ::close(fd);
        continue;
      }
      while (const dirent* entry = readdir(dir)) {
        const std::string_view name(entry->d_name);
        if (name.find(".Q") == std::string_view::npos) continue;
        mailbox.present->emplace(name.substr(0, name.find_first_of(",:")));
      }
      closedir(dir);
    }
  }
  return mailbox.present->contains(stem);
}

void MaildirBatch::give_up(File& file, const Outcome& outcome) {
  if (file.job->outcome.result != Outcome::Result::undecided) return;
  file.job->outcome = outcome;
  const MaildirFolder& folder = file.mailbox->folder;
  if (file.size == 0) return;  // found, not written: leave it
  if (file.renamed) {
    unlinkat(folder.fresh.get(), file.name.c_str(), 0);
  } else {
    unlinkat(folder.temporary.get(), file.stem.c_str(), 0);
  }
}

void MaildirBatch::sync_files() {
  if (files_.empty()) return;
  const Outcome lost = deferred("4.3.0", "maildir delivery failed: temporary storage error");
  std::unordered_map<dev_t, bool> devices;
  for (File& file : files_) {
    if (file.renamed) continue;
    if (file.fd) {
      if (fsync(file.fd.get()) != 0) give_up(file, lost);
      file.fd = FolderFd();
      continue;
    }
    const dev_t device = file.mailbox->folder.device;
    auto known = devices.find(device);
    if (known == devices.end())
      known = devices.emplace(device, syncfs(file.mailbox->folder.temporary.get()) == 0).first;
    if (!known->second) give_up(file, lost);
  }
}

void MaildirBatch::rename_files() {
  for (File& file : files_) {
    if (file.renamed || file.job->outcome.result != Outcome::Result::undecided) continue;
    const MaildirFolder& folder = file.mailbox->folder;
    if (renameat(folder.temporary.get(), file.stem.c_str(), folder.fresh.get(), file.name.c_str()) != 0) {
      give_up(file, storage_trouble(writer, errno, file.job->config->mailboxes));
      mailboxes_.erase(file.job->delivery.path);
      continue;
    }
    file.renamed = true;
  }
}

void MaildirBatch::sync_folders() {
  const Outcome lost = deferred("4.3.0", "maildir delivery failed: temporary storage error");
  const bool singly = files_.size() <= synced_singly;
  std::unordered_map<std::uint64_t, bool> synced;
  for (File& file : files_) {
    if (file.job->outcome.result != Outcome::Result::undecided) continue;
    const MaildirFolder& folder = file.mailbox->folder;
    const auto key = singly ? static_cast<std::uint64_t>(folder.fresh.get()) : std::uint64_t{folder.device};
    auto known = synced.find(key);
    if (known == synced.end()) {
      const int result = singly ? fsync(folder.fresh.get()) : syncfs(folder.fresh.get());
      known = synced.emplace(key, result == 0).first;
    }
    if (!known->second) give_up(file, lost);
  }
}

void MaildirBatch::trim() {
  const auto now = std::chrono::steady_clock::now();
  const bool crowded = mailboxes_.size() >= open_mailboxes;
  std::erase_if(mailboxes_, [&](auto& entry) {
    Mailbox& mailbox = *entry.second;
    mailbox.quota.reset();
    mailbox.present.reset();
    return crowded || now - mailbox.folder.opened > folder_age;
  });
}

}  // namespace gateway
