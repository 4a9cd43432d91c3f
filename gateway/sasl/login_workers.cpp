#include "gateway/sasl/login_workers.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace gateway {

struct LoginWorkers::Crew {
  struct Job {
    std::function<void()> call, done;
  };

  Crew(asio::io_context& to, std::size_t most_threads, std::size_t most_waiting)
      : loop(&to), thread_limit(most_threads), limit(most_waiting) {}

  static void work(const std::shared_ptr<Crew>& crew) {
    std::unique_lock lock(crew->mutex);
    for (;;) {
      ++crew->idle;
      crew->wake.wait(lock, [&] { return crew->loop == nullptr || !crew->waiting.empty(); });
      --crew->idle;
      if (crew->loop == nullptr) return;
      Job job = std::move(crew->waiting.front());
      crew->waiting.pop_front();
      lock.unlock();
      job.call();
      job.call = nullptr;
      lock.lock();
      // The loop may be gone: it is named only while the owner on it lives.
      if (crew->loop != nullptr) asio::post(*crew->loop, std::move(job.done));
    }
  }

  std::mutex mutex;
  std::condition_variable wake;
  asio::io_context* loop;  // null once the owner is gone
  std::size_t thread_limit, limit, threads = 0, idle = 0;
  std::deque<Job> waiting;
};

LoginWorkers::LoginWorkers(asio::io_context& loop, std::size_t threads, std::size_t most)
    : crew_(std::make_shared<Crew>(loop, threads, most)) {}

LoginWorkers::~LoginWorkers() {
  std::deque<Crew::Job> dropped;
  {
    const std::lock_guard lock(crew_->mutex);
    crew_->loop = nullptr;
    dropped.swap(crew_->waiting);
  }
  crew_->wake.notify_all();
}

bool LoginWorkers::run(std::function<void()> call, std::function<void()> done) {
  const std::lock_guard lock(crew_->mutex);
  if (crew_->waiting.size() >= crew_->limit) return false;
  if (crew_->idle <= crew_->waiting.size() && crew_->threads < crew_->thread_limit) {
    try {
      std::thread(Crew::work, crew_).detach();
      ++crew_->threads;
    } catch (const std::system_error&) {
      if (crew_->threads == 0) return false;  // no thread at all: nobody would ever take the job
    }
  }
  crew_->waiting.push_back({std::move(call), std::move(done)});
  crew_->wake.notify_one();
  return true;
}

}  // namespace gateway
