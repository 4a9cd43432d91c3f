#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gateway/log.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// Writes outcomes into the spool: what comes while one commit is under way goes into the next. A failed commit is
/// tried again until it succeeds, so that nothing delivered is forgotten while the daemon lives. Belongs to the
/// delivery loop.
class OutcomeRecorder : public std::enable_shared_from_this<OutcomeRecorder> {
 public:
  OutcomeRecorder(asio::io_context& loop, Spool& spool, Log& log)
      : loop_(loop), spool_(spool), log_(log), retry_(loop) {}

  /// `done` is called on the loop once the change is on disk; it may be empty.
  void record(Change change, std::function<void()> done);

  bool is_idle() const { return waiting_.empty() && !busy_; }
  void shut_down();

 private:
  struct Entry {
    Change change;
    std::function<void()> done;
  };
  void flush();
  void applied(std::shared_ptr<std::vector<Entry>> batch, bool stored, SpoolError error);

  asio::io_context& loop_;
  Spool& spool_;
  Log& log_;
  asio::steady_timer retry_;
  std::vector<Entry> waiting_;
  bool posted_ = false;
  bool busy_ = false;
  bool closed_ = false;
};

}  // namespace gateway
