#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/delivery/maildir_batch.hpp"

namespace gateway {

/// The thread that writes Maildirs. What is submitted while a batch is written becomes the next one.
class MaildirThread {
 public:
  /// `done` is called on the thread with each finished batch.
  using Done = std::function<void(std::vector<MailboxJob>)>;

  explicit MaildirThread(Done done);

  /// Finishes what was submitted, then ends.
  ~MaildirThread();

  void submit(std::vector<MailboxJob> jobs);

 private:
  void run();

  Done done_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<MailboxJob> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gateway
