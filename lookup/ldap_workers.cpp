#include "lookup/ldap_workers.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <unordered_set>

namespace lookup {

namespace {

// A call that was cut returns within microseconds, unless it stands in the resolver of the C library.
constexpr std::chrono::milliseconds grace{200};

struct Job {
  explicit Job(asio::io_context& loop) : timer(loop) {}

  LdapCutter cutter;
  asio::steady_timer timer;
  std::function<void(LdapCutter&)> call;
  std::function<void(LdapWorkers::Outcome)> done;  // empty once it was called; touched by the loop only
};

}  // namespace

struct LdapWorkers::Crew {
  Crew(asio::io_context& loop_, std::size_t threads_, std::size_t most_) : loop(loop_), most(most_), count(threads_) {}

  asio::io_context& loop;
  std::size_t most, count;
  std::unordered_set<std::shared_ptr<Job>> jobs;
  std::unique_ptr<asio::thread_pool> threads;  // made for the first call

  // The job leaves the set when its call has returned, so that stuck calls count.
  static void finish(Job& job, Outcome outcome) {
    if (auto done = std::exchange(job.done, nullptr)) done(outcome);
  }
};

LdapWorkers::LdapWorkers(asio::io_context& loop, std::size_t threads, std::size_t most)
    : crew_(std::make_shared<Crew>(loop, threads, most)) {}

LdapWorkers::~LdapWorkers() {
  const auto jobs = std::exchange(crew_->jobs, {});
  for (const auto& job : jobs) job->cutter.cut();
  if (crew_->threads) crew_->threads->join();
  for (const auto& job : jobs) {
    job->timer.cancel();
    Crew::finish(*job, Outcome::overdue);
  }
}

bool LdapWorkers::run(std::chrono::milliseconds limit, std::function<void(LdapCutter&)> call,
                      std::function<void(Outcome)> done) {
  if (crew_->jobs.size() >= crew_->most) return false;
  if (!crew_->threads) crew_->threads = std::make_unique<asio::thread_pool>(crew_->count);
  auto job = std::make_shared<Job>(crew_->loop);
  job->call = std::move(call);
  job->done = std::move(done);
  crew_->jobs.insert(job);
  job->timer.expires_after(limit);
  job->timer.async_wait([job](const asio::error_code& cancelled) {
    if (cancelled || !job->done) return;
    job->cutter.cut();
    job->timer.expires_after(grace);
    job->timer.async_wait([job](const asio::error_code& returned) {
      if (!returned) Crew::finish(*job, Outcome::overdue);
    });
  });
  asio::post(*crew_->threads, [job, &loop = crew_->loop, crew = std::weak_ptr(crew_)] {
    job->call(job->cutter);
    // The crew waits for its threads, but what they post may run later than it lives.
    asio::post(loop, [job, crew] {
      if (const auto alive = crew.lock()) alive->jobs.erase(job);
      job->timer.cancel();
      Crew::finish(*job, Outcome::returned);
    });
  });
  return true;
}

}  // namespace lookup
