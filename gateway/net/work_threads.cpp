#include "gateway/net/work_threads.hpp"

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

namespace gateway {

WorkThreads::WorkThreads(std::size_t count) : count_(count) {}

WorkThreads::~WorkThreads() {
  if (!threads_) return;
  threads_->stop();
  threads_->join();
}

void WorkThreads::run(std::function<void()> work) {
  if (!threads_) threads_ = std::make_unique<asio::thread_pool>(count_);
  asio::post(*threads_, std::move(work));
}

}  // namespace gateway
