#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"
#include "gateway/delivery/maildir_folder.hpp"
#include "gateway/delivery/maildir_quota.hpp"

namespace gateway {

/// One message for one mailbox, and what became of it.
struct MaildirJob {
  std::shared_ptr<ActiveMessage> message;  // only handed through: the thread reads nothing of it
  std::uint32_t recipient = 0;
  MessageId id;
  SystemTime arrival{};
  std::string sender, address, original;
  Delivery delivery;
  std::shared_ptr<const Content> content;
  std::shared_ptr<const config::Config> config;
  bool may_exist = false;  // an earlier attempt may have written it before a crash
  bool made_mailbox = false, failed_to_open = false;
  std::chrono::steady_clock::time_point started{};
  Outcome outcome;
};

/// Writes messages into Maildirs, many at a time: all files into tmp/, one sync, all renames into new/, one sync.
///
/// Nothing is `sent` before its file and its folder entry are on disk. A failed sync is final for the files it
/// concerns: they are removed and the recipients deferred. Few files are synced one by one, many by syncfs. Open
/// folders are kept for the next batch, bounded in number and age. Blocks; belongs to one thread.
class MaildirBatch {
 public:
  /// Fills every job's outcome.
  void deliver(std::vector<MaildirJob>& jobs);

 private:
  struct Mailbox {
    MaildirFolder folder;
    std::optional<MaildirQuota> quota;
    std::optional<std::unordered_set<std::string>> present;  // stems found in new/ and cur/
  };
  struct File {
    MaildirJob* job = nullptr;
    std::shared_ptr<Mailbox> mailbox;
    FolderFd fd;
    std::string stem, name;
    std::uint64_t size = 0;
    bool renamed = false;
  };

  void write(MaildirJob& job, bool keep_open);
  std::shared_ptr<Mailbox> open_mailbox(MaildirJob& job, int& error);
  std::optional<MailboxOwner> owner_of(const MaildirJob& job, Outcome& outcome);
  bool is_present(Mailbox& mailbox, const std::string& stem);
  bool fill(const MaildirJob& job, File& file);
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
