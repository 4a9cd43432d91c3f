#pragma once

#include <functional>
#include <memory>

namespace asio {
class thread_pool;
}

namespace gateway {

/// A few threads for what an event loop must not do: computing for milliseconds, waiting for a library that blocks.
/// Made when they are needed first; the destructor waits for work that has begun. run() belongs to one loop.
class WorkThreads {
 public:
  explicit WorkThreads(std::size_t count);
  ~WorkThreads();
  WorkThreads(const WorkThreads&) = delete;
  WorkThreads& operator=(const WorkThreads&) = delete;

  /// `work` must not throw; its result goes back by Awaited::callback_from_any_thread().
  void run(std::function<void()> work);

 private:
  std::size_t count_;
  std::unique_ptr<asio::thread_pool> threads_;
};

}  // namespace gateway
