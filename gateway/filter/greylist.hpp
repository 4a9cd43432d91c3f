#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/filter/greylist_store.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "lookup/answer.hpp"
#include "policy/facts.hpp"

namespace asio {
class io_context;
}

namespace gateway {

/// Greylisting for the whole process: one thread owns the store, decides what has gathered in one transaction, and
/// hands each answer back to the loop that asked. The file is opened when it is first needed. Outlives reloads and the
/// loops' questions; safe from any thread.
class Greylist {
 public:
  using Access = GreylistStore::Access;

  Greylist(std::string state_directory, const config::Greylist& rules, Log& log, Metrics& metrics,
           Access access = Access::change);
  ~Greylist();
  Greylist(const Greylist&) = delete;
  Greylist& operator=(const Greylist&) = delete;

  /// From a reload on.
  void use(const config::Greylist& rules);

  /// `triplet` is Question::key: "NETWORK SENDER RECIPIENT". Found: may pass. Absent: must wait. Own networks, clients
  /// that logged in and exceptions pass at once; so does everybody when it is off. Calls `done` once, on `loop`.
  void ask(asio::io_context& loop, const std::string& triplet, const policy::Facts& facts,
           std::function<void(lookup::Answer)> done);

 private:
  struct Request {
    GreylistTriplet triplet;
    std::function<void(GreylistResult)> done;
  };

  bool is_exempt(const policy::Facts& facts);
  void work();
  bool open_store();
  void serve(std::vector<Request> requests, const config::Greylist& rules);

  const std::string file_;
  const Access access_;
  Log& log_;
  std::array<Counter, 4> results_;
  Gauge entries_;

  std::mutex mutex_;
  std::condition_variable wake_;
  config::Greylist rules_;
  std::vector<Request> waiting_;
  bool stopping_ = false;

  std::unique_ptr<GreylistStore> store_;  // the thread's own, like `complained_`
  bool complained_ = false;
  std::thread thread_;
};

}  // namespace gateway
