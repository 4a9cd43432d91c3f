#include "gateway/delivery/delivery_metrics.hpp"

#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::string_view results[] = {"sent", "deferred", "bounced"};
constexpr std::string_view stages[] = {"before_queue", "queue", "connect", "transmit"};
constexpr std::string_view securities[] = {"none", "encrypted", "verified", "dane"};

}  // namespace

RouteSeries::RouteSeries(Metrics& metrics, std::string_view route) {
  for (std::size_t at = 0; at < 3; ++at) {
    attempts_[at] = metrics.counter("delivery_attempts_total", {{"route", route}, {"result", results[at]}});
    recipients_[at] = metrics.counter("delivery_recipients_total", {{"route", route}, {"result", results[at]}});
  }
  for (std::size_t at = 0; at < 16; ++at) {
    const std::string subject(1, static_cast<char>('0' + at % 8));
    failures_[at] = metrics.counter("delivery_failures_total",
                                    {{"route", route}, {"dsn_class", at < 8 ? "4" : "5"}, {"dsn_subject", subject}});
  }
  for (std::size_t at = 0; at < 4; ++at) {
    delays_[at] = metrics.histogram("delivery_delay_seconds", {{"route", route}, {"stage", stages[at]}});
    sessions_[at] = metrics.counter("delivery_tls_sessions_total", {{"route", route}, {"security", securities[at]}});
  }
  connections_ = metrics.gauge("delivery_connections", {{"route", route}});
}

std::size_t RouteSeries::place(Outcome::Result result) {
  if (result == Outcome::Result::sent) return 0;
  return result == Outcome::Result::failed ? 2 : 1;
}

void RouteSeries::count_recipient(const Outcome& outcome) {
  recipients_[place(outcome.result)].add();
  if (outcome.result == Outcome::Result::sent || outcome.dsn.size() < 3) return;
  const char subject = outcome.dsn[2];
  const std::size_t column = subject >= '0' && subject <= '7' ? static_cast<std::size_t>(subject - '0') : 0;
  failures_[(outcome.dsn[0] == '5' ? 8U : 0U) + column].add();
}

void RouteSeries::observe(const Delays& delays) {
  delays_[0].observe(delays.before_queue);
  delays_[1].observe(delays.queue);
  delays_[2].observe(delays.connect);
  delays_[3].observe(delays.transmit);
}

void RouteSeries::count_session(bool encrypted, ClientTls::Trust trust) {
  std::size_t security = 0;
  if (encrypted) security = trust == ClientTls::Trust::dane ? 3 : trust == ClientTls::Trust::verified ? 2 : 1;
  sessions_[security].add();
}

DeliveryMetrics::DeliveryMetrics(Metrics& metrics, const config::Config& config) : metrics_(metrics) {
  expired = metrics.counter("queue_messages_expired_total");
  bounces_failure = metrics.counter("bounces_generated_total", {{"kind", "failure"}});
  bounces_delay = metrics.counter("bounces_generated_total", {{"kind", "delay"}});
  bounces_success = metrics.counter("bounces_generated_total", {{"kind", "success"}});
  bounces_double = metrics.counter("bounces_generated_total", {{"kind", "double"}});
  incoming_messages = metrics.gauge("queue_messages", {{"queue", "incoming"}});
  active_messages = metrics.gauge("queue_messages", {{"queue", "active"}});
  deferred_messages = metrics.gauge("queue_messages", {{"queue", "deferred"}});
  hold_messages = metrics.gauge("queue_messages", {{"queue", "hold"}});
  corrupt_messages = metrics.gauge("queue_messages", {{"queue", "corrupt"}});
  const auto octets = [&](std::string_view queue) { return metrics.gauge("queue_bytes", {{"queue", queue}}); };
  const auto oldest = [&](std::string_view queue) {
    return metrics.gauge("queue_oldest_arrival_timestamp_seconds", {{"queue", queue}});
  };
  active_bytes = octets("active");
  deferred_bytes = octets("deferred");
  hold_bytes = octets("hold");
  oldest_active = oldest("active");
  oldest_deferred = oldest("deferred");
  oldest_hold = oldest("hold");
  // What arrives is active at once, and what is corrupt cannot be read: these stay 0.
  for (const auto* queue : {"incoming", "corrupt"}) {
    octets(queue).set(0);
    oldest(queue).set(0);
  }
  maildir_waiting = metrics.gauge("worker_queue_length", {{"pool", "maildir"}});
  routes_.try_emplace("default", metrics, "default");
  routes_.try_emplace("maildir", metrics, "maildir");
  routes_.try_emplace("local", metrics, "local");
  add_routes(config);
}

void DeliveryMetrics::add_routes(const config::Config& config) {
  for (const config::Route& route : config.routes) routes_.try_emplace(route.name, metrics_, route.name);
  const auto add = [&](const std::string& directory) {
    const auto counter = [&](std::string_view result) {
      return metrics_.counter("mailboxes_provisioned_total", {{"directory", directory}, {"result", result}});
    };
    mailboxes_.try_emplace(directory, Mailboxes{counter("created"), counter("failed")});
  };
  add("none");
  for (const auto& directory : config.directories) add(directory.name);
}

void DeliveryMetrics::count_mailbox(const config::Config& config, std::string_view address, bool made) {
  const auto domain = lookup::ascii_lower(address.substr(std::min(address.size(), address.rfind('@') + 1)));
  std::string_view directory = "none";
  for (const auto& each : config.domains)
    if (each.name == domain)
      for (const auto& reference : each.mailboxes)
        if (directory == "none" && reference.text.starts_with("directory:"))
          directory = std::string_view(reference.text).substr(10);
  auto found = mailboxes_.find(directory);
  if (found == mailboxes_.end()) found = mailboxes_.find("none");
  (made ? found->second.created : found->second.failed).add();
}

RouteSeries& DeliveryMetrics::of(std::string_view route) {
  const auto found = routes_.find(route);
  return found != routes_.end() ? found->second : routes_.find("default")->second;
}

}  // namespace gateway
