#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/outbound_form.hpp"
#include "gateway/resolve/delivery.hpp"
#include "gateway/spool/spool.hpp"

namespace asio {
class io_context;
}

namespace lookup {
class Resolver;
}

namespace gateway {

class Log;
class Metrics;

/// Says how recipients are reached. Belongs to the delivery loop; asks tables and directories as it must.
class DeliveryResolver {
 public:
  virtual ~DeliveryResolver() = default;
  /// Calls `done` once, on the delivery loop, possibly before it returns. Never fails: what cannot be known now is
  /// Delivery::Kind::defer.
  virtual void resolve(const Envelope& envelope, const EnvelopeRecipient& recipient,
                       std::function<void(Delivery)> done) = 0;

  /// Are addresses rewritten on the way out? Only then rewrite_outbound() is called.
  virtual bool rewrites_outbound() const { return false; }

  /// What a server is shown of a message with this header section, or why that cannot be known now.
  using Rewritten = std::function<void(tl::expected<OutboundForm, std::string>)>;
  virtual void rewrite_outbound(const Envelope&, std::string, Rewritten done) {
    done(tl::unexpected(std::string("nothing is rewritten here")));
  }
};

/// The delivery queue: takes stored messages, delivers them, retries, reports failures, and records every outcome in
/// the spool before it forgets it.
///
/// All work happens on one event loop (the delivery loop) and a Maildir thread; accept() may be called from any thread.
class Queue {
 public:
  struct Parts {
    asio::io_context& loop;
    Spool& spool;
    DeliveryResolver& resolver;
    lookup::Resolver& dns;
    Log& log;
    Metrics& metrics;
    std::shared_ptr<const config::Config> config;
  };

  virtual ~Queue() = default;

  /// A message that was just stored. `deliveries` holds, per recipient, what the session already resolved; an empty
  /// vector means: resolve.
  virtual void accept(StoredMessage message, std::vector<Delivery> deliveries) = 0;

  /// Starts the queue runs: reads what is due from the spool, without a scan.
  virtual void start() = 0;

  /// Uses a new configuration for everything that starts from now on.
  virtual void reload(std::shared_ptr<const config::Config> config) = 0;

  /// Operators' verbs, called on the delivery loop: what `gatepost queue` does. Each returns how many messages it hit.
  virtual std::size_t retry(const std::vector<MessageId>& ids) = 0;  // empty = all

  /// Tells what an operator did to messages, after it is on disk; called on the delivery loop. What is under way ends
  /// and its results count; of held and deleted messages nothing more is started.
  virtual void obey(QueueVerb verb, const std::vector<MessageId>& ids) = 0;

  /// Stops taking new work, lets attempts in flight end (at most `grace`), then calls `done`.
  virtual void stop(std::chrono::seconds grace, std::function<void()> done) = 0;

  /// One object a destination: name, active, waiting, concurrency, dead until, last error (JSON text for `queue
  /// summary`).
  virtual std::string describe_destinations() const = 0;
};

std::unique_ptr<Queue> make_queue(Queue::Parts parts);

}  // namespace gateway
