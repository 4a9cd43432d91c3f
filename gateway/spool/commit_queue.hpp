#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "gateway/spool/content_writer.hpp"
#include "gateway/spool/spool.hpp"
#include "gateway/spool/spool_reader.hpp"

namespace gateway {

/// A message on its way into the database, its record already encoded and its content file already on disk.
struct PendingStore {
  Envelope envelope;
  std::string record;
  std::unique_ptr<SpoolContentWriter> writer;
  std::shared_ptr<const Content> content;
  Spool::Stored done;
  int failure = 0;  // errno or LMDB code of what went wrong with this message alone
};

/// Changes that succeed or fail together.
struct PendingApply {
  struct One {
    Change change;
    bool had_file = false;  // it is gone, and its content file may be removed
  };
  std::vector<One> changes;
  Spool::Applied done;
};

/// The place where sessions leave their work and the committer picks it up: a mutex held for a push or a swap.
///
/// Messages to store are picked up at once. Changes alone wait a little for company: one commit more in front of a
/// store() costs a lone sender a whole sync, while nobody waits for a removal.
class CommitQueue {
 public:
  using Clock = std::chrono::steady_clock;

  struct Batch {
    std::vector<PendingStore> stores;
    std::vector<PendingApply> applies;
    std::vector<Repair> repairs;
    bool closed = false;
    bool empty() const { return stores.empty() && applies.empty() && repairs.empty(); }
    void clear();
  };

  /// False after close(): then `work` is untouched and still the caller's to answer.
  bool put(PendingStore& work);
  bool put(PendingApply& work);
  void put(Repair repair);

  /// Waits for work, until `wake` at the latest, and moves it into `batch` (empty before, keeps its memory).
  void take(Batch& batch, Clock::time_point wake);

  /// The last commit took so long: changes wait in proportion, from now on counted from here.
  void note_commit(Clock::duration took);

  /// Nothing waits any more, and take() says that it is over.
  void close();

 private:
  bool is_ready(Clock::time_point now) const;

  std::mutex mutex_;
  std::condition_variable arrived_;
  Batch waiting_;
  Clock::time_point changes_due_ = Clock::time_point::max();
  Clock::time_point last_commit_{};
  Clock::duration patience_ = std::chrono::milliseconds(1);
  bool idle_ = false;
};

}  // namespace gateway
