#include "gateway/delivery/outcome_recorder.hpp"

#include <iterator>

namespace gateway {

namespace {

constexpr std::chrono::seconds retry_pause{1};

}  // namespace

void OutcomeRecorder::record(Change change, std::function<void()> done) {
  if (closed_) return;
  waiting_.push_back({std::move(change), std::move(done)});
  if (posted_ || busy_) return;
  posted_ = true;
  asio::post(loop_, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->flush();
  });
}

void OutcomeRecorder::shut_down() {
  closed_ = true;
  waiting_.clear();
  retry_.cancel();
}

void OutcomeRecorder::flush() {
  posted_ = false;
  if (busy_ || waiting_.empty() || closed_) return;
  busy_ = true;
  auto batch = std::make_shared<std::vector<Entry>>(std::move(waiting_));
  waiting_.clear();
  std::vector<Change> changes;
  changes.reserve(batch->size());
  for (Entry& entry : *batch) changes.push_back(entry.change);
  spool_.apply(std::move(changes),
               [&loop = loop_, weak = weak_from_this(), batch](tl::expected<void, SpoolError> result) {
                 const bool stored = result.has_value();
                 const SpoolError error = stored ? SpoolError::failed : result.error();
                 asio::post(loop, [weak, batch, stored, error] {
                   if (auto self = weak.lock()) self->applied(batch, stored, error);
                 });
               });
}

void OutcomeRecorder::applied(std::shared_ptr<std::vector<Entry>> batch, bool stored, SpoolError error) {
  busy_ = false;
  if (closed_ || (!stored && error == SpoolError::closing)) return;
  if (!stored) {
    log_.warning(Program::qmgr, "delivery results cannot be recorded now, trying again");
    // In their old order, before what came meanwhile.
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(*batch));
    waiting_ = std::move(*batch);
    posted_ = true;
    retry_.expires_after(retry_pause);
    retry_.async_wait([weak = weak_from_this()](std::error_code cancelled) {
      auto self = weak.lock();
      if (self && !cancelled) self->flush();
    });
    return;
  }
  for (Entry& entry : *batch)
    if (entry.done) entry.done();
  flush();
}

}  // namespace gateway
