#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/delivery/mailbox_job.hpp"
#include "gateway/delivery/maildir_folder.hpp"
#include "gateway/delivery/maildir_quota.hpp"

namespace gateway {

/// Writes messages into Maildirs, many at a time: all files into tmp/, one sync, all renames into new/, one sync.
///
/// Nothing is `sent` before its file and its folder entry are on disk. A failed sync is final for the files it
/// concerns: they are removed and the recipients deferred. Few files are synced one by one, many by syncfs. Open
/// folders are kept for the next batch, bounded in number and age. Blocks; belongs to one thread.
class MaildirBatch {
 public:
  /// Fills every job's outcome.
  void deliver(std::vector<MailboxJob>& jobs);

 private:
  struct Mailbox {
    MaildirFolder folder;
    std::optional<MaildirQuota> quota;
    std::optional<std::unordered_set<std::string>> present;  // stems found in new/ and cur/
  };
  struct File {
    MailboxJob* job = nullptr;
    std::shared_ptr<Mailbox> mailbox;
    FolderFd fd;
    std::string stem, name;
    std::uint64_t size = 0;
    bool renamed = false;
  };

  void write(MailboxJob& job, bool keep_open);
  std::shared_ptr<Mailbox> open_mailbox(MailboxJob& job, int& error);
  std::optional<MailboxOwner> owner_of(const MailboxJob& job, Outcome& outcome);
  bool is_present(Mailbox& mailbox, const std::string& stem);
  bool fill(const MailboxJob& job, File& file);
  void sync_files();
  void rename_files();
  void sync_folders();
  void give_up(File& file, const Outcome& outcome);
  void trim();

  std::unordered_map<std::string, std::shared_ptr<Mailbox>> mailboxes_;
  std::vector<File> files_;
  std::string text_;                             // the message as written
  std::shared_ptr<const Content> body_content_;  // whose body body_ holds
  std::string body_;
  std::string header_buffer_;
};

}  // namespace gateway
