#pragma once

#include <cstdint>
#include <ctime>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/log.hpp"

namespace gateway {

/// One refusal as the status page shows it.
struct RememberedReject {
  std::time_t time = 0;
  std::string client, stage, reply, reason, sender, recipient;
};

/// A log that hands every line on and remembers the last refusals. Safe from any thread; a line that is no refusal
/// costs one comparison more.
class EventMemory final : public Log {
 public:
  static constexpr std::size_t most = 50;

  explicit EventMemory(std::unique_ptr<Log> log) : log_(std::move(log)) {}

  void write(Program program, Level level, std::string_view event, std::string_view queue_id, std::string_view text,
             std::initializer_list<LogField> fields = {}) override;
  void flush() override { log_->flush(); }
  void reopen() override { log_->reopen(); }
  std::uint64_t lost() const override { return log_->lost(); }

  /// The newest first.
  std::vector<RememberedReject> rejects() const;

 private:
  std::unique_ptr<Log> log_;
  mutable std::mutex mutex_;
  std::deque<RememberedReject> rejects_;
};

}  // namespace gateway
