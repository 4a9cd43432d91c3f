#pragma once

#include <chrono>

namespace gateway {

class Shard;

/// A moment at which something is over, kept in its shard's list, which is swept once a second: setting one costs no
/// timer and no system call, and fires up to a second late. Belongs to its shard's loop; not movable.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(Shard& shard) : shard_(shard) {}
  virtual ~Deadline() { clear(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(Clock::time_point at);
  void clear();
  bool is_set() const { return linked_; }

 protected:
  /// Called once, on the loop, with the deadline already cleared. May set, clear or destroy any deadline.
  virtual void expired() = 0;

 private:
  friend class Shard;
  Shard& shard_;
  Clock::time_point at_{};
  Deadline* next_ = nullptr;
  Deadline* previous_ = nullptr;
  bool linked_ = false;
};

}  // namespace gateway
