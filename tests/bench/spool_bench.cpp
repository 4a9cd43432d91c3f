// Prints how many messages a second the spool takes: spool_bench DIRECTORY [SECONDS].
#include <fmt/core.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "gateway/spool/spool.hpp"

namespace {

using namespace gateway;
using Clock = std::chrono::steady_clock;

Envelope envelope_for(MessageId id) {
  Envelope envelope;
  envelope.id = id;
  envelope.arrival = envelope.next_try = SystemTime{std::chrono::microseconds{id.value}};
  envelope.sender = {"sender", "example.org"};
  envelope.recipients.push_back({{"recipient", "example.com"}});
  envelope.client_name = "client.example.org";
  envelope.client_address = "192.0.2.1";
  envelope.helo = "client.example.org";
  envelope.protocol = "ESMTP";
  return envelope;
}

/// An event loop in small: runs what is posted on its one thread.
class Loop {
 public:
  Loop() : thread_([this] { run(); }) {}
  ~Loop() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }

 private:
  void run() {
    std::deque<std::function<void()>> taken;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !tasks_.empty(); });
        taken.swap(tasks_);
      }
      for (auto& task : taken) {
        if (!task) return;
        task();
      }
      taken.clear();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::thread thread_;
};

enum class Remove : bool { no, yes };

struct Run {
  Spool& spool;
  std::vector<std::unique_ptr<Loop>>& loops;
  std::string content;
  Remove remove;
  Clock::time_point end;
  std::atomic<std::uint64_t> stored{0};
  std::atomic<int> sessions{0};
  std::promise<void> over;
};

void send(Run& run, Loop& loop) {
  const MessageId id = next_message_id();
  auto writer = run.spool.new_content(id);
  if (!writer->append(run.content)) std::abort();
  run.spool.store(envelope_for(id), std::move(writer), [&run, &loop, id](auto stored) {
    if (!stored) std::abort();
    loop.post([&run, &loop, id] {
      ++run.stored;
      if (run.remove == Remove::yes) run.spool.apply({{id, Removal{}}}, [](auto) {});
      if (Clock::now() < run.end)
        send(run, loop);
      else if (--run.sessions == 0)
        run.over.set_value();
    });
  });
}

void measure(const std::string& directory, std::size_t size, int sessions, Remove remove, int seconds) {
  std::filesystem::remove_all(directory);
  SpoolOptions options;
  options.directory = directory;
  std::uint64_t commits = 0;
  options.committed = [&commits](auto) { ++commits; };
  auto spool = open_spool(options);
  if (!spool) {
    fmt::print(stderr, "{}\n", spool.error());
    std::exit(1);
  }
  std::vector<std::unique_ptr<Loop>> loops;
  for (int i = 0; i < std::min(sessions, 2); ++i) loops.push_back(std::make_unique<Loop>());
  const auto start = Clock::now();
  Run run{**spool, loops, std::string(size, 'x'), remove, start + std::chrono::seconds(seconds)};
  run.sessions = sessions;
  for (int i = 0; i < sessions; ++i) {
    Loop& loop = *loops[static_cast<std::size_t>(i) % loops.size()];
    loop.post([&run, &loop] { send(run, loop); });
  }
  run.over.get_future().wait();
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  (*spool)->close();
  const auto stored = static_cast<double>(run.stored);
  fmt::print("{:>7} octets {:>3} sessions {:<12} {:>8.0f} messages/s {:>7.1f} messages/commit\n", size, sessions,
             remove == Remove::yes ? "with removal" : "store only", stored / took,
             stored / static_cast<double>(std::max<std::uint64_t>(commits, 1)));
}

}  // namespace

int main(int count, char** values) {
  if (count < 2) {
    fmt::print(stderr, "usage: spool_bench DIRECTORY [SECONDS]\n");
    return 64;
  }
  const std::string directory = std::string(values[1]) + "/gatepost-spool-bench";
  const int seconds = count > 2 ? std::atoi(values[2]) : 3;
  for (const auto remove : {Remove::no, Remove::yes}) {
    for (const int sessions : {1, 16, 64}) measure(directory, 4096, sessions, remove, seconds);
    for (const int sessions : {1, 64}) measure(directory, 65536, sessions, remove, seconds);
    for (const int sessions : {1, 16}) measure(directory, 400000, sessions, remove, seconds);
  }
  std::filesystem::remove_all(directory);
}
