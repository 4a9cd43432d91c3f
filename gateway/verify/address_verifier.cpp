#include "gateway/verify/address_verifier.hpp"

#include <unistd.h>

#include <algorithm>

namespace gateway {

namespace {

using lookup::Answer;
using lookup::Unavailable;
using Clock = std::chrono::system_clock;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t most_probes = 50, most_pending = 5000, most_in_vain = 5000, most_unwritten = 10'000;
constexpr std::size_t most_forgotten = 1000;
constexpr std::chrono::seconds housekeeping{60}, longest_wait{90};
/// A server that gave no answer is not asked about the same address again before this.
constexpr std::chrono::seconds vain_pause{30};

Answer answer_for(const Outcome& outcome) {
  switch (outcome.result) {
    case Outcome::Result::sent:
      return Answer::found(std::string("deliverable"));
    case Outcome::Result::failed: {
      auto answer = Answer::absent();
      answer.detail = outcome.text;
      return answer;
    }
    default:
      return Answer::unavailable(Unavailable::unreachable, outcome.text);
  }
}

Answer in_progress() {
  return Answer::unavailable(Unavailable::timed_out, "Address verification in progress");
}

}  // namespace

/// Somebody who asked; all of it happens on his loop.
struct AddressVerifier::Waiter {
  Waiter(asio::io_context& on, std::function<void(Answer)> then) : loop(on), limit(on), done(std::move(then)) {}

  void answer(Answer what) {
    limit.cancel();
    if (done) std::exchange(done, nullptr)(std::move(what));
  }

  asio::io_context& loop;
  asio::steady_timer limit;
  std::function<void(Answer)> done;
};

AddressVerifier::AddressVerifier(Parts parts, std::shared_ptr<const config::Config> config, Access access)
    : parts_(parts),
      file_(config->state_directory + "/verify.mdb"),
      access_(access),
      entries_(parts.metrics.gauge("address_verify_entries")),
      config_(std::move(config)),
      prober_(std::make_shared<AddressProber>(parts_.shard, parts_.dns, parts_.log, config_)) {
  constexpr std::array<std::string_view, 2> sources{"cache", "probe"};
  constexpr std::array<std::string_view, 3> results{"deliverable", "undeliverable", "unknown"};
  for (std::size_t source = 0; source < sources.size(); ++source)
    for (std::size_t result = 0; result < results.size(); ++result)
      answers_[source][result] = parts_.metrics.counter("address_verify_answers_total",
                                                        {{"source", sources[source]}, {"result", results[result]}});
  entries_.set(0);
  if (access_ == Access::change) writer_ = std::thread([this] { write(); });
}

void AddressVerifier::ask_tables(DeliveryResolver& tables) {
  prober_->ask_tables(tables);
}

AddressVerifier::~AddressVerifier() {
  stop();
}

void AddressVerifier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (writer_.joinable()) writer_.join();
  prober_->shut_down();
}

void AddressVerifier::use(std::shared_ptr<const config::Config> config) {
  {
    const std::lock_guard lock(mutex_);
    config_ = config;
  }
  asio::post(parts_.shard.loop(), [prober = prober_, config] { prober->use(config); });
}

config::AddressVerify AddressVerifier::rules() const {
  const std::lock_guard lock(mutex_);
  return config_->address_verify;
}

std::shared_ptr<VerifyStore> AddressVerifier::open_store() {
  const std::lock_guard lock(mutex_);
  if (store_ || complained_ || (access_ == Access::look && ::access(file_.c_str(), F_OK) != 0)) return store_;
  auto opened = VerifyStore::open(file_, config_->address_verify.most_entries, access_);
  if (opened) {
    store_ = std::move(*opened);
    entries_.set(static_cast<double>(store_->entries()));
  } else {
    complained_ = true;
    parts_.log.warning(Program::smtpd, "address verification: " + opened.error() + "; every address is probed anew");
  }
  return store_;
}

std::optional<VerifiedAddress> AddressVerifier::recall(const std::string& key, VerifyStore::Time now) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto fresh = unwritten_.find(key); fresh != unwritten_.end()) return fresh->second.outcome;
  }
  const auto store = open_store();
  return store ? store->find(key, now) : std::nullopt;
}

void AddressVerifier::ask(asio::io_context& loop, const lookup::Address& address, const Delivery& delivery,
                          std::function<void(Answer)> done) {
  const auto rules = this->rules();
  const auto now = Clock::now();
  auto key = address.folded();
  const auto known = recall(key, now);
  std::shared_ptr<Waiter> waiter;
  if (known) {
    count(cache, known->is_deliverable ? deliverable : undeliverable);
    const auto refresh = known->is_deliverable ? rules.positive_refresh : rules.negative_refresh;
    const bool is_fresh = now < known->updated + refresh;
    auto answer = known->is_deliverable ? Answer::found(std::string("deliverable")) : Answer::absent();
    answer.detail = known->reason;
    done(std::move(answer));
    if (is_fresh) return;
  } else {
    waiter = std::make_shared<Waiter>(loop, std::move(done));
    const auto polls = rules.poll_count > 0 ? rules.poll_count - 1 : 0;
    waiter->limit.expires_after(std::min<std::chrono::seconds>(polls * rules.poll_delay, longest_wait));
    waiter->limit.async_wait([weak = weak_from_this(), waiter](std::error_code error) {
      if (error || !waiter->done) return;
      if (const auto self = weak.lock()) self->count(probe, unknown);
      waiter->answer(in_progress());
    });
  }
  asio::post(parts_.shard.loop(),
             [self = shared_from_this(), key = std::move(key), address, delivery, waiter]() mutable {
               self->join(std::move(key), address, delivery, std::move(waiter));
             });
}

void AddressVerifier::join(std::string key, const lookup::Address& address, const Delivery& delivery,
                           std::shared_ptr<Waiter> waiter) {
  if (const auto under_way = pending_.find(key); under_way != pending_.end()) {
    if (waiter) under_way->second.waiters.push_back(std::move(waiter));
    return;
  }
  const auto now = SteadyClock::now();
  if (in_vain_.size() >= most_in_vain) in_vain_.clear();
  const auto vain = in_vain_.find(key);
  const bool is_vain = vain != in_vain_.end() && now < vain->second;
  if (is_vain || pending_.size() >= most_pending) {
    if (!waiter) return;
    count(probe, unknown);
    asio::post(waiter->loop, [waiter] { waiter->answer(in_progress()); });
    return;
  }
  Pending pending{address, delivery, {}};
  if (waiter) pending.waiters.push_back(std::move(waiter));
  pending_.emplace(key, std::move(pending));
  queue_.push_back(std::move(key));
  start_next();
}

void AddressVerifier::start_next() {
  while (running_ < most_probes && !queue_.empty()) {
    const auto key = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    const auto& pending = pending_.at(key);
    prober_->probe(pending.delivery, pending.address, [weak = weak_from_this(), key](const Outcome& outcome) {
      if (const auto self = weak.lock()) self->finish(key, outcome);
    });
  }
}

void AddressVerifier::finish(const std::string& key, const Outcome& outcome) {
  --running_;
  const auto found = pending_.find(key);
  auto waiters = std::move(found->second.waiters);
  pending_.erase(found);
  const auto answer = answer_for(outcome);
  const Result result = answer.is_found() ? deliverable : answer.is_absent() ? undeliverable : unknown;
  if (result == unknown) {
    in_vain_[key] = SteadyClock::now() + vain_pause;
  } else {
    in_vain_.erase(key);
    remember(key, outcome);
  }
  for (auto& waiter : waiters)
    asio::post(waiter->loop, [self = shared_from_this(), waiter, answer, result] {
      if (!waiter->done) return;
      self->count(probe, result);
      waiter->answer(answer);
    });
  asio::post(parts_.shard.loop(), [self = shared_from_this()] { self->start_next(); });
}

void AddressVerifier::remember(const std::string& key, const Outcome& outcome) {
  const bool is_good = outcome.result == Outcome::Result::sent;
  const auto rules = this->rules();
  if (!is_good && !rules.negative_cache) return;
  const auto now = Clock::now();
  // One refusal does not make an address bad that was good: it is probed again until the good outcome is over.
  if (const auto known = recall(key, now); known && known->is_deliverable && !is_good) return;
  const std::lock_guard lock(mutex_);
  if (!store_ || unwritten_.size() >= most_unwritten) return;
  unwritten_[key] = {key,
                     {is_good, now, is_good ? std::string() : outcome.text},
                     now + (is_good ? rules.positive_expire : rules.negative_expire)};
  wake_.notify_one();
}

void AddressVerifier::write() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !unwritten_.empty()) {
    if (unwritten_.empty()) wake_.wait_for(lock, housekeeping, [this] { return stopping_ || !unwritten_.empty(); });
    std::vector<VerifyStore::Entry> entries;
    for (const auto& [key, entry] : unwritten_) entries.push_back(entry);
    const auto store = store_;
    lock.unlock();
    if (store) {
      if (!entries.empty() && !store->put(entries))
        parts_.log.warning(Program::smtpd, "address verification: " + file_ + " cannot be written");
      store->forget_expired(Clock::now(), most_forgotten);
      entries_.set(static_cast<double>(store->entries()));
    }
    lock.lock();
    // Until here they were found among the unwritten; a newer outcome stays there.
    for (const auto& entry : entries)
      if (const auto found = unwritten_.find(entry.address);
          found != unwritten_.end() && found->second.outcome == entry.outcome)
        unwritten_.erase(found);
  }
}

}  // namespace gateway
