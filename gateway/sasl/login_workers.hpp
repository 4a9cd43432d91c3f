#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace asio {
class io_context;
}

namespace gateway {

/// Threads for calls that block for as long as somebody else likes (saslauthd, PAM behind it). Belongs to one loop.
///
/// Threads are made as they are needed and end when this object is gone, which never waits for a call that hangs: what
/// is still running then is let go, and its `done` is dropped.
class LoginWorkers {
 public:
  /// At most `threads` calls run at once, at most `most` wait.
  LoginWorkers(asio::io_context& loop, std::size_t threads, std::size_t most);
  ~LoginWorkers();
  LoginWorkers(const LoginWorkers&) = delete;
  LoginWorkers& operator=(const LoginWorkers&) = delete;

  /// Runs `call` in a thread, then `done` on the loop. False, without calling either, when too many wait already.
  /// What `call` touches must be owned by it.
  bool run(std::function<void()> call, std::function<void()> done);

 private:
  struct Crew;
  std::shared_ptr<Crew> crew_;
};

}  // namespace gateway
