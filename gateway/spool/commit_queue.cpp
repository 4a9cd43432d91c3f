#include "gateway/spool/commit_queue.hpp"

#include <algorithm>

namespace gateway {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t changes_without_waiting = 512;
constexpr CommitQueue::Clock::duration least_patience = milliseconds(1);
constexpr CommitQueue::Clock::duration most_patience = milliseconds(20);

}  // namespace

void CommitQueue::Batch::clear() {
  stores.clear();
  applies.clear();
  repairs.clear();
}

bool CommitQueue::put(PendingStore& work) {
  std::unique_lock lock(mutex_);
  if (waiting_.closed) return false;
  waiting_.stores.push_back(std::move(work));
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) arrived_.notify_one();
  return true;
}

bool CommitQueue::put(PendingApply& work) {
  std::unique_lock lock(mutex_);
  if (waiting_.closed) return false;
  // The committer must look again when its sleep got an end, or when patience is over.
  const bool first = waiting_.applies.empty();
  if (first) changes_due_ = std::max(Clock::now(), last_commit_) + patience_;
  waiting_.applies.push_back(std::move(work));
  const bool wake = idle_ && (first || waiting_.applies.size() == changes_without_waiting);
  lock.unlock();
  if (wake) arrived_.notify_one();
  return true;
}

void CommitQueue::put(Repair repair) {
  std::unique_lock lock(mutex_);
  waiting_.repairs.push_back(std::move(repair));
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) arrived_.notify_one();
}

bool CommitQueue::is_ready(Clock::time_point now) const {
  return waiting_.closed || !waiting_.stores.empty() || !waiting_.repairs.empty() ||
         waiting_.applies.size() >= changes_without_waiting || (!waiting_.applies.empty() && now >= changes_due_);
}

void CommitQueue::take(Batch& batch, Clock::time_point wake) {
  std::unique_lock lock(mutex_);
  for (auto now = Clock::now(); !is_ready(now) && now < wake; now = Clock::now()) {
    idle_ = true;
    arrived_.wait_until(lock, waiting_.applies.empty() ? wake : std::min(wake, changes_due_));
  }
  idle_ = false;
  batch.stores.swap(waiting_.stores);
  batch.repairs.swap(waiting_.repairs);
  batch.applies.swap(waiting_.applies);
  batch.closed = waiting_.closed;
}

void CommitQueue::note_commit(Clock::duration took) {
  const std::lock_guard lock(mutex_);
  last_commit_ = Clock::now();
  patience_ = std::clamp(2 * took, least_patience, most_patience);
  // What arrived during the commit waits from its end: the next message of a lone sender is about to come.
  if (!waiting_.applies.empty()) changes_due_ = last_commit_ + patience_;
}

void CommitQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.closed = true;
  }
  arrived_.notify_one();
}

}  // namespace gateway
