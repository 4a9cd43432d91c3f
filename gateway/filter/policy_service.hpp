#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "lookup/answer.hpp"
#include "lookup/dns.hpp"
#include "policy/rule_set.hpp"

namespace asio {
class io_context;
}

namespace gateway {

/// One policy service, asked by Postfix's policy delegation protocol from one event loop.
///
/// Connections stay open and serve one request after another; at most 20 are open at once, and what comes on top waits
/// its turn. A request is tried `try_limit` times with `retry_delay` between, each try within `timeout`; a connection
/// that the service closed while it was idle costs no try. Belongs to the loop, which must outlive it.
class PolicyService {
 public:
  struct Parts {
    asio::io_context& loop;
    std::shared_ptr<lookup::Resolver> dns;
    Log& log;
    Metrics& metrics;
  };

  /// `use.server` is "inet:HOST:PORT" or "unix:PATH"; `folder` is where a relative path starts.
  PolicyService(Parts parts, const policy::PolicyServiceUse& use, const std::string& folder);
  ~PolicyService();
  PolicyService(const PolicyService&) = delete;
  PolicyService& operator=(const PolicyService&) = delete;

  /// `request` is the whole text with its empty line. Found holds the action; whatever went wrong is unavailable.
  /// Calls `done` once, on the loop; never when this object is gone before the service answers.
  void ask(std::string request, std::function<void(lookup::Answer)> done);

 private:
  class Client;
  std::shared_ptr<Client> client_;
};

}  // namespace gateway
