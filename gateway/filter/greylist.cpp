#include "gateway/filter/greylist.hpp"

#include <unistd.h>

#include "gateway/net/asio.hpp"

namespace gateway {

namespace {

using lookup::Answer;
using lookup::Unavailable;

constexpr std::size_t most_waiting = 10'000, most_forgotten = 1000;
constexpr std::chrono::seconds housekeeping{60};
constexpr std::array<std::string_view, 4> result_names{"new", "early", "passed", "known"};

GreylistTriplet split_triplet(const std::string& text) {
  const auto first = text.find(' '), last = text.rfind(' ');
  if (first == std::string::npos || first == last) return {text, {}, {}};
  return {text.substr(0, first), greylist_sender(std::string_view(text).substr(first + 1, last - first - 1)),
          text.substr(last + 1)};
}

Answer answer_for(GreylistResult result) {
  switch (result) {
    case GreylistResult::first:
    case GreylistResult::early:
      return Answer::absent();
    case GreylistResult::passed:
    case GreylistResult::known:
      return Answer::found(std::string(result_names[static_cast<std::size_t>(result)]));
    case GreylistResult::failed:
      break;
  }
  return Answer::unavailable(Unavailable::unreachable, "the greylist cannot be read or written");
}

}  // namespace

Greylist::Greylist(std::string state_directory, const config::Greylist& rules, Log& log, Metrics& metrics,
                   Access access)
    : file_(std::move(state_directory) + "/greylist.mdb"),
      access_(access),
      log_(log),
      entries_(metrics.gauge("greylist_entries")),
      rules_(rules) {
  for (std::size_t i = 0; i < results_.size(); ++i)
    results_[i] = metrics.counter("greylist_decisions_total", {{"result", result_names[i]}});
  entries_.set(0);
  thread_ = std::thread([this] { work(); });
}

Greylist::~Greylist() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Greylist::use(const config::Greylist& rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
}

bool Greylist::is_exempt(const policy::Facts& facts) {
  if (facts.client_in_mynetworks || !facts.login.empty()) return true;
  const std::lock_guard lock(mutex_);
  if (!rules_.enabled) return true;
  return std::any_of(rules_.exceptions.begin(), rules_.exceptions.end(),
                     [&](const lookup::Network& network) { return network.contains(facts.client_address); });
}

void Greylist::ask(asio::io_context& loop, const std::string& triplet, const policy::Facts& facts,
                   std::function<void(Answer)> done) {
  if (is_exempt(facts)) {
    done(Answer::found(std::string("exempt")));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < most_waiting) {
      waiting_.push_back({split_triplet(triplet), [&loop, done = std::move(done)](GreylistResult result) {
                            asio::post(loop, [done, result] { done(answer_for(result)); });
                          }});
      if (waiting_.size() == 1) wake_.notify_one();
      return;
    }
  }
  done(Answer::unavailable(Unavailable::too_many_results, "too many wait for the greylist"));
}

void Greylist::work() {
  if (::access(file_.c_str(), F_OK) == 0) open_store();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) wake_.wait_for(lock, housekeeping, [this] { return stopping_ || !waiting_.empty(); });
    auto requests = std::exchange(waiting_, {});
    const auto rules = rules_;
    lock.unlock();
    if (!requests.empty()) serve(std::move(requests), rules);
    if (store_) {
      store_->forget_expired(std::chrono::system_clock::now(), most_forgotten);
      entries_.set(static_cast<double>(store_->entries()));
    }
    lock.lock();
  }
}

bool Greylist::open_store() {
  if (store_) return true;
  std::uint32_t most_entries = 0;
  {
    const std::lock_guard lock(mutex_);
    most_entries = rules_.most_entries;
  }
  auto store = GreylistStore::open(file_, most_entries, access_);
  if (!store) {
    if (!std::exchange(complained_, true)) log_.warning(Program::smtpd, "greylist: " + store.error());
    return false;
  }
  store_ = std::move(*store);
  entries_.set(static_cast<double>(store_->entries()));
  complained_ = false;
  return true;
}

void Greylist::serve(std::vector<Request> requests, const config::Greylist& rules) {
  std::vector<GreylistTriplet> triplets;
  triplets.reserve(requests.size());
  for (auto& request : requests) triplets.push_back(std::move(request.triplet));
  std::vector<GreylistResult> results(requests.size(), GreylistResult::failed);
  if (open_store()) {
    results = store_->decide(triplets, rules, std::chrono::system_clock::now());
    const bool failed = results.front() == GreylistResult::failed;
    if (failed && !complained_) log_.warning(Program::smtpd, "greylist: " + file_ + " cannot be written; mail passes");
    // After a failed commit the environment is not to be trusted.
    if (failed) store_.reset();
    complained_ = failed;
  } else if (access_ == Access::look) {
    results.assign(requests.size(), GreylistResult::first);
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (results[i] != GreylistResult::failed) results_[static_cast<std::size_t>(results[i])].add();
    requests[i].done(results[i]);
  }
}

}  // namespace gateway
