#pragma once

#include <set>
#include <span>
#include <thread>

#include "gateway/spool/commit_queue.hpp"
#include "gateway/spool/disk_room.hpp"
#include "gateway/spool/disk_workers.hpp"
#include "gateway/spool/shared_environment.hpp"

namespace gateway {

/// The one thread that writes to the database: gathers what waits, commits it in one transaction, then answers.
///
/// After a failed write or sync nothing that the environment holds in memory is believed: it is closed, opened again,
/// looked through and must pass a commit of its own before it takes mail again; until then every caller gets `failed`.
class Committer {
 public:
  struct Parts {
    SharedEnvironment& environment;
    ContentFolder& contents;
    DiskRoom& room;
    DiskWorkers& workers;
    std::function<void(const std::string&)> warn;
    std::function<void(std::chrono::microseconds)> committed;
    std::function<void()> housekeep;  // called about once a minute on the committer's thread
  };

  explicit Committer(Parts parts);
  ~Committer() { close(); }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  CommitQueue& queue() { return queue_; }

  /// Commits what is in the queue, then ends the thread.
  void close();

 private:
  /// A piece of a batch, small enough for one transaction.
  struct Slice {
    std::span<PendingStore> stores;
    std::span<PendingApply> applies;
    std::span<Repair> repairs;
  };

  void run();
  void commit(CommitQueue::Batch& batch);
  int commit(Slice slice);
  int write(Slice slice);
  int write_stores(class Changes& changes, std::span<PendingStore> stores);
  int write_applies(class Changes& changes, std::span<PendingApply> applies);
  int write_repairs(class Changes& changes, std::span<Repair> repairs);
  void answer(Slice slice, int code);
  void remove_files(std::vector<MessageId> ids);

  void distrust(int code, std::span<const PendingStore> unsure);
  int restore_trust();
  int prove();
  void warn(const std::string& sentence) const;

  Parts parts_;
  CommitQueue queue_;
  Reserve reserve_;
  bool trusted_ = true;
  std::set<std::uint64_t> disowned_;  // answered with an error, yet perhaps on disk: removed before anything else
  std::thread thread_;
};

}  // namespace gateway
