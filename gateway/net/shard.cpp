#include "gateway/net/shard.hpp"

namespace gateway {

Shard::Shard(asio::io_context& loop, unsigned index)
    : loop_(loop), index_(index), scratch_(new char[scratch_size]), sweeper_(loop) {}

Shard::~Shard() {
  while (first_) unlink(*first_);
}

void Shard::link(Deadline& deadline) {
  deadline.previous_ = nullptr;
  deadline.next_ = first_;
  if (first_) first_->previous_ = &deadline;
  first_ = &deadline;
  deadline.linked_ = true;
  if (!armed_) arm();
}

void Shard::unlink(Deadline& deadline) {
  if (sweep_next_ == &deadline) sweep_next_ = deadline.next_;
  if (deadline.previous_) deadline.previous_->next_ = deadline.next_;
  if (deadline.next_) deadline.next_->previous_ = deadline.previous_;
  if (first_ == &deadline) first_ = deadline.next_;
  deadline.next_ = deadline.previous_ = nullptr;
  deadline.linked_ = false;
}

void Shard::arm() {
  armed_ = true;
  sweeper_.expires_after(std::chrono::seconds(1));
  sweeper_.async_wait([this](std::error_code error) {
    if (error) return;
    armed_ = false;
    sweep();
    if (first_ && !armed_) arm();
  });
}

void Shard::sweep() {
  const auto now = Deadline::Clock::now();
  for (Deadline* deadline = first_; deadline; deadline = sweep_next_) {
    sweep_next_ = deadline->next_;
    if (deadline->at_ > now) continue;
    unlink(*deadline);
    deadline->expired();
  }
  sweep_next_ = nullptr;
}

void Deadline::set(Clock::time_point at) {
  at_ = at;
  if (!linked_) shard_.link(*this);
}

void Deadline::clear() {
  if (linked_) shard_.unlink(*this);
}

}  // namespace gateway
