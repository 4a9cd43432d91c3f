#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "gateway/net/inherited_sockets.hpp"
#include "gateway/smtp/restrictions.hpp"
#include "gateway/smtp/services.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

class Shard;
class TlsSettings;

/// All that a session takes from one state of the configuration. Immutable; a reload brings a new one, sessions that
/// run keep theirs.
struct SmtpSnapshot {
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<const TlsSettings> tls;                         // null: TLS is not offered
  std::vector<std::shared_ptr<const Restrictions>> restrictions;  // parallel to config->listeners
  /// Called once for each shard, on that shard's loop, when the first session needs it.
  std::function<std::shared_ptr<Services>(Shard&)> make_services;
};

/// The SMTP server: listeners on every shard, and the sessions they bring.
///
/// To wire: make ShardThreads (one a core), a SmtpSnapshot and the SmtpServer; open() while still privileged; start the
/// ShardThreads; start(). On SIGHUP call reload(). On SIGTERM call drain() and stop the ShardThreads in `done`. All
/// parts must outlive the server, and the ShardThreads must be stopped before the server is destroyed. The calls below
/// belong to one thread, the counts to any.
class SmtpServer {
 public:
  struct Parts {
    std::vector<Shard*> shards;
    Spool& spool;
    Queue& queue;
    Log& log;
    Metrics& metrics;
    /// ETRN: retry what waits for this domain. Called on a shard's loop; empty: ETRN is answered with 459.
    std::function<void(std::string domain)> flush = {};
    /// Taken instead of the configured addresses of the listener with that name.
    std::vector<InheritedSocket> inherited = {};
  };

  SmtpServer(Parts parts, std::shared_ptr<const SmtpSnapshot> snapshot);
  ~SmtpServer();

  /// Binds all addresses of all listeners. The error is a sentence that names the listener and the address.
  [[nodiscard]] tl::expected<void, std::string> open();

  /// Begins to accept.
  void start();

  /// New sessions use the new state. Listeners that are gone are closed, new ones opened; when one cannot be opened
  /// the rest is in effect all the same.
  [[nodiscard]] tl::expected<void, std::string> reload(std::shared_ptr<const SmtpSnapshot> snapshot);

  /// Stops accepting, sends idle clients away with 421, lets transactions end, closes what is left after `grace`;
  /// then calls `done` once, on some shard's loop.
  void drain(std::chrono::seconds grace, std::function<void()> done);

  struct Address {
    std::string listener, address;
    std::uint16_t port = 0;  // the real one, also when the configuration says 0
  };
  std::vector<Address> addresses() const;

  struct Counts {
    std::uint64_t sessions = 0;           // now
    std::uint64_t connections_total = 0;  // since the start
    std::uint64_t messages_total = 0;
  };
  Counts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway
