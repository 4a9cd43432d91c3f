#include "gateway/net/shard_thread.hpp"

#include <pthread.h>

#include <string>

namespace gateway {

ShardThread::ShardThread(unsigned index) : index_(index) {
  shard_.emplace(loop_, index);
}

ShardThread::~ShardThread() {
  stop();
}

void ShardThread::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("shard " + std::to_string(index_)).c_str());
    auto work = asio::make_work_guard(loop_);
    loop_.run();
  });
}

void ShardThread::stop() {
  loop_.stop();
  if (!thread_.joinable()) return;
  thread_.join();
  loop_.destroy_waiting();
}

}  // namespace gateway
