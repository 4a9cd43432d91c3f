#include "gateway/delivery/maildir_thread.hpp"

#include <algorithm>
#include <iterator>

namespace gateway {

namespace {

constexpr std::size_t batch_limit = 512;

}  // namespace

MaildirThread::MaildirThread(Done done) : done_(std::move(done)), thread_([this] { run(); }) {}

MaildirThread::~MaildirThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void MaildirThread::submit(std::vector<MailboxJob> jobs) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      waiting_ = std::move(jobs);
    } else {
      std::move(jobs.begin(), jobs.end(), std::back_inserter(waiting_));
    }
  }
  arrived_.notify_one();
}

void MaildirThread::run() {
  MaildirBatch batch;
  std::vector<MailboxJob> todo;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      todo.swap(waiting_);
    }
    for (std::size_t at = 0; at < todo.size(); at += batch_limit) {
      const auto first = todo.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = todo.begin() + static_cast<std::ptrdiff_t>(std::min(at + batch_limit, todo.size()));
      std::vector<MailboxJob> jobs(std::make_move_iterator(first), std::make_move_iterator(last));
      batch.deliver(jobs);
      done_(std::move(jobs));
    }
    todo.clear();
  }
}

}  // namespace gateway
