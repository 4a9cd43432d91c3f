#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gateway {

/// A few threads that wait for the disk in the committer's place: syncs of large contents, removals, sweeps.
class DiskWorkers {
 public:
  explicit DiskWorkers(std::size_t count);
  ~DiskWorkers() { finish(); }
  DiskWorkers(const DiskWorkers&) = delete;
  DiskWorkers& operator=(const DiskWorkers&) = delete;

  /// Runs `task` on one of the threads; false, and nothing is done, after finish().
  bool post(std::function<void()> task);

  /// Returns when everything posted is done; the threads are gone then.
  void finish();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool finishing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gateway
