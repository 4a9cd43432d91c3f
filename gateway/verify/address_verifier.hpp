#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "gateway/metrics.hpp"
#include "gateway/verify/address_prober.hpp"
#include "gateway/verify/verify_store.hpp"
#include "lookup/answer.hpp"

namespace gateway {

/// Says whether servers would take addresses (verify(8) of Postfix): from the store, or by a probe. One probe at a time
/// for an address, however many ask; a refused or failed probe never replaces an outcome that was good and still holds.
///
/// Shared by all loops. Questions come from any thread; probes run on the shard's loop, writing has a thread of its
/// own. The store is opened when it is first needed.
class AddressVerifier : public std::enable_shared_from_this<AddressVerifier> {
 public:
  using Access = VerifyStore::Access;
  struct Parts {
    Shard& shard;
    lookup::Resolver& dns;
    Log& log;
    Metrics& metrics;
  };

  AddressVerifier(Parts parts, std::shared_ptr<const config::Config> config, Access access = Access::change);
  ~AddressVerifier();

  /// Who knows TLS policies and logins; it outlives this object. Before the loops run.
  void ask_tables(DeliveryResolver& tables);

  /// From a reload on.
  void use(std::shared_ptr<const config::Config> config);

  /// Found: deliverable. Absent: refused, detail says how. Unavailable: nobody knows yet; the probe goes on, and who
  /// asks again later may be told. Calls `done` once, on `loop`, possibly before it returns, else within the time of
  /// address_verify's polls. `delivery` is of kind relay.
  void ask(asio::io_context& loop, const lookup::Address& address, const Delivery& delivery,
           std::function<void(lookup::Answer)> done);

  /// Ends probes and the writing thread; the shard's loop must have stopped.
  void stop();

 private:
  enum Result : std::uint8_t { deliverable, undeliverable, unknown };
  enum Source : std::uint8_t { cache, probe };
  struct Waiter;
  struct Pending {
    lookup::Address address;
    Delivery delivery;
    std::vector<std::shared_ptr<Waiter>> waiters;
  };

  std::shared_ptr<VerifyStore> open_store();
  std::optional<VerifiedAddress> recall(const std::string& key, VerifyStore::Time now);
  config::AddressVerify rules() const;
  void join(std::string key, const lookup::Address& address, const Delivery& delivery, std::shared_ptr<Waiter> waiter);
  void start_next();
  void finish(const std::string& key, const Outcome& outcome);
  void remember(const std::string& key, const Outcome& outcome);
  void write();
  void count(Source source, Result result) { answers_[source][result].add(); }

  Parts parts_;
  const std::string file_;
  const Access access_;
  std::array<std::array<Counter, 3>, 2> answers_;
  Gauge entries_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  std::shared_ptr<const config::Config> config_;
  std::shared_ptr<VerifyStore> store_;
  std::unordered_map<std::string, VerifyStore::Entry> unwritten_;  // known already, by address
  bool complained_ = false, stopping_ = false;

  // Of the shard's loop.
  std::shared_ptr<AddressProber> prober_;
  std::unordered_map<std::string, Pending> pending_;
  std::deque<std::string> queue_;
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> in_vain_;  // probed lately without an outcome
  std::size_t running_ = 0;

  std::thread writer_;
};

}  // namespace gateway
