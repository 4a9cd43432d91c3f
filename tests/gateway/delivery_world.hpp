#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/delivery/queue.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "gateway/net/asio.hpp"
#include "lookup/static_resolver.hpp"
#include "tests/gateway/capturing_log.hpp"
#include "tests/gateway/fake_spool.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace gateway::testing {

/// Says for each address what was put in; everything else is deferred.
class TableResolver final : public DeliveryResolver {
 public:
  void resolve(const Envelope&, const EnvelopeRecipient& recipient, std::function<void(Delivery)> done) override {
    const auto found = table.find(recipient.address.to_string());
    const auto domain = table.find("@" + recipient.address.domain);
    done(found != table.end() ? found->second : domain != table.end() ? domain->second : Delivery{});
  }
  std::map<std::string, Delivery> table;

  /// What rewrite_outbound() answers, and what it was asked.
  std::optional<tl::expected<OutboundForm, std::string>> outbound;
  std::string asked_header;
  bool rewrites_outbound() const override { return outbound.has_value(); }
  void rewrite_outbound(const Envelope&, std::string header, Rewritten done) override {
    asked_header = std::move(header);
    done(*outbound);
  }
};

inline Delivery relay(std::string route, std::string nexthop = {}) {
  Delivery delivery;
  delivery.kind = Delivery::Kind::relay;
  delivery.route = std::move(route);
  delivery.nexthop = std::move(nexthop);
  return delivery;
}

inline Delivery maildir(std::string path) {
  Delivery delivery;
  delivery.kind = Delivery::Kind::maildir;
  delivery.route = "default";
  delivery.path = std::move(path);
  return delivery;
}

inline SystemTime system_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// A queue on a loop that the test turns, with everything around it faked but the network and the disk.
class DeliveryWorld {
 public:
  DeliveryWorld() {
    config.hostname = "gw.example.com";
    config.myorigin = "example.com";
    config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{1};
    config.mailboxes.base = folder.path.string();
  }

  void open() {
    queue = make_queue({loop, spool, resolver, dns, log, metrics, std::make_shared<const config::Config>(config)});
    queue->start();
  }

  config::Route& add_route(std::string name, std::vector<std::string> hosts) {
    config::Route route;
    route.name = std::move(name);
    route.relay = std::move(hosts);
    route.tls.level = config::TlsLevel::none;
    config.routes.push_back(std::move(route));
    return config.routes.back();
  }

  static Envelope envelope(std::vector<std::string> recipients, std::string sender = "sender@example.net") {
    Envelope made;
    made.id = next_message_id();
    made.arrival = system_now();
    made.sender = lookup::split_address(sender);
    for (const std::string& each : recipients) {
      EnvelopeRecipient recipient;
      recipient.address = lookup::split_address(each);
      made.recipients.push_back(std::move(recipient));
    }
    return made;
  }

  MessageId send(Envelope made, std::string text = "Subject: test\r\n\r\nbody\r\n", bool large = false) {
    made.size = text.size();
    auto content = std::make_shared<FakeContent>(std::move(text), large);
    spool.put(made, content);
    const MessageId id = made.id;
    queue->accept({std::move(made), std::move(content)}, {});
    return id;
  }

  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds{10}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.restart();
      loop.run_for(std::chrono::milliseconds{2});
    }
    return true;
  }
  bool wait_for_log(std::string_view part, int times = 1, std::chrono::milliseconds limit = std::chrono::seconds{10}) {
    return wait([&] { return log.count(part) >= times; }, limit);
  }
  bool wait_until_empty() {
    return wait([&] { return spool.count() == 0; });
  }

  TempFolder folder;
  config::Config config;
  asio::io_context loop;
  FakeSpool spool;
  TableResolver resolver;
  lookup::StaticResolver dns;
  CapturingLog log;
  Metrics metrics;
  std::unique_ptr<Queue> queue;
};

}  // namespace gateway::testing
