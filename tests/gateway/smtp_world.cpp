#include "tests/gateway/smtp_world.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "gateway/net/tls_settings.hpp"
#include "policy/rule_set.hpp"
#include "tests/gateway/smtp_world_services.hpp"

namespace gateway::testing {

namespace {

/// Splits "a, b, c".
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> items;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto comma = std::min(text.find(',', begin), text.size());
    auto item = text.substr(begin, comma - begin);
    item.erase(0, item.find_first_not_of(' '));
    if (!item.empty()) items.push_back(item);
    begin = comma + 1;
  }
  return items;
}

std::shared_ptr<const Restrictions> parse_restrictions(const Wishes& wishes, const config::Config& config) {
  policy::RuleTexts texts;
  texts.delay_reject = config.delay_reject;
  const auto list = [&](const char* key) -> std::optional<policy::RuleTexts::List> {
    if (!wishes.values.contains(key)) return std::nullopt;
    return split(wishes.get(key));
  };
  texts.client = list("client");
  texts.helo = list("helo");
  texts.sender = list("sender");
  texts.relay = policy::RuleTexts::List{"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination"};
  texts.recipient = list("recipient");
  texts.data = list("data");
  texts.end_of_data = list("end_of_data");
  std::vector<policy::RuleProblem> notices;
  auto rules = policy::parse_rules(texts, notices);
  if (!rules) throw std::runtime_error("restrictions: " + rules.error().front().text);
  return make_restrictions(*rules);
}

config::Config make_config(const Wishes& wishes) {
  config::Config config;
  config.hostname = "mx.example.com";
  config.myorigin = "example.com";
  config.delay_reject = wishes.get("delay_reject", "yes") == "yes";
  config.helo_required = wishes.get("helo_required", "no") == "yes";
  config.strict_envelopes = wishes.get("strict_envelopes", "no") == "yes";
  if (const auto networks = wishes.get("mynetworks"); !networks.empty())
    for (const auto& network : split(networks)) config.mynetworks.push_back(*lookup::parse_network(network));
  const auto number = [&](const char* key, auto& value) {
    if (wishes.values.contains(key)) value = static_cast<std::decay_t<decltype(value)>>(std::stoul(wishes.get(key)));
  };
  number("message_size_limit", config.limits.message_size_limit);
  number("recipient_limit", config.limits.recipient_limit);
  number("line_length_limit", config.limits.line_length_limit);
  number("header_size_limit", config.limits.header_size_limit);
  number("hopcount_limit", config.limits.hopcount_limit);
  number("soft_error_limit", config.limits.soft_error_limit);
  number("hard_error_limit", config.limits.hard_error_limit);
  number("junk_command_limit", config.limits.junk_command_limit);
  if (wishes.values.contains("smtpd_timeout"))
    config.limits.smtpd_timeout = std::chrono::seconds(std::stoi(wishes.get("smtpd_timeout")));
  number("limits_connections", config.limits.connections);
  config::Listener listener;
  listener.name = "mx";
  listener.address = {"127.0.0.1"};
  listener.port = 0;
  number("connections", listener.client_limits.connections);
  number("message_rate", listener.client_limits.message_rate.count);
  number("recipient_rate", listener.client_limits.recipient_rate.count);
  number("connection_rate", listener.client_limits.connection_rate.count);
  number("unknown_recipient_rate", listener.client_limits.unknown_recipient_rate.count);
  const auto auth = wishes.get("auth", "no"), tls = wishes.get("tls", "opportunistic");
  listener.auth = auth == "required"  ? config::ListenerAuth::required
                  : auth == "offered" ? config::ListenerAuth::offered
                                      : config::ListenerAuth::no;
  listener.tls = tls == "none"       ? config::ListenerTls::none
                 : tls == "required" ? config::ListenerTls::required
                 : tls == "wrapper"  ? config::ListenerTls::wrapper
                                     : config::ListenerTls::opportunistic;
  config.sasl.require_tls = wishes.get("require_tls", "yes") == "yes";
  listener.proxy_protocol = wishes.get("proxy_protocol") == "yes";
  if (listener.proxy_protocol) listener.trusted_proxies.push_back(*lookup::parse_network("127.0.0.0/8"));
  if (wishes.get("xclient") == "yes") listener.xclient.push_back(*lookup::parse_network("127.0.0.0/8"));
  listener.smtputf8 = wishes.get("smtputf8", "yes") == "yes";
  config.listeners.push_back(listener);
  config.queue.directory = std::filesystem::temp_directory_path();
  number("inline_content_limit", config.queue.inline_content_limit);
  for (const auto& [key, name] : {std::pair{"filter", "one"}, std::pair{"second_filter", "two"}}) {
    if (!wishes.values.contains(key)) continue;
    config::Filter filter;
    filter.name = name;
    filter.milter = wishes.get(key);
    filter.default_action = wishes.get("default_action", "tempfail");
    filter.connect_timeout = filter.command_timeout = filter.content_timeout = std::chrono::seconds(1);
    config.filters.push_back(std::move(filter));
  }
  if (wishes.get("certificate") == "yes")
    config.tls.certificates.push_back({{"mx.example.com"}, make_certificate(), "", {}});
  return config;
}

}  // namespace

std::string Wishes::get(const std::string& key, std::string otherwise) const {
  const auto found = values.find(key);
  return found == values.end() ? otherwise : found->second;
}

void MemoryLog::write(Program, Level level, std::string_view, std::string_view queue_id, std::string_view text,
                      std::initializer_list<LogField>) {
  std::string line;
  if (!queue_id.empty()) line = fmt::format("{}: ", queue_id);
  if (level == Level::warning && queue_id.empty() && !text.starts_with("warning: ")) line += "warning: ";
  line += escape_for_log(text);
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  grown_.notify_all();
}

std::vector<std::string> MemoryLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool MemoryLog::wait_for(const std::string& part) const {
  std::unique_lock lock(mutex_);
  return grown_.wait_for(lock, std::chrono::seconds(10), [&] {
    return std::any_of(lines_.begin(), lines_.end(),
                       [&](const auto& line) { return line.find(part) != std::string::npos; });
  });
}

/// Keeps messages in memory; answers from a thread of its own, as the real one does.
class SmtpWorld::MemorySpool final : public Spool {
 public:
  explicit MemorySpool(std::string mode) : mode_(std::move(mode)) {}
  ~MemorySpool() override {
    for (auto& thread : threads_) thread.join();
  }

  struct Writer final : ContentWriter {
    explicit Writer(bool is_broken) : broken(is_broken) {}
    tl::expected<void, SpoolError> append(std::string_view bytes) override {
      if (broken) return tl::unexpected(SpoolError::full);
      text.append(bytes);
      return {};
    }
    std::uint64_t size() const override { return text.size(); }
    tl::expected<void, SpoolError> copy_to(ContentWriter& other) const override { return other.append(text); }
    std::string text;
    bool broken;
  };

  std::unique_ptr<ContentWriter> new_content(MessageId) override {
    return std::make_unique<Writer>(mode_ == "full_while_reading");
  }

  void store(Envelope envelope, std::unique_ptr<ContentWriter> content, Spool::Stored done) override {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(
        [this, envelope = std::move(envelope), writer = std::move(content), done = std::move(done)]() mutable {
          if (mode_ == "failed") return done(tl::unexpected(SpoolError::failed));
          if (mode_ == "full") return done(tl::unexpected(SpoolError::full));
          {
            const std::lock_guard inner(mutex_);
            messages.push_back({envelope, static_cast<Writer&>(*writer).text});
          }
          done(StoredMessage{std::move(envelope), nullptr});
        });
  }

  std::vector<testing::Stored> all() const {
    const std::lock_guard lock(mutex_);
    return messages;
  }

  void apply(std::vector<Change>, Applied done) override { done({}); }
  std::vector<Envelope> due(SystemTime, std::size_t, const std::function<bool(MessageId)>&) override { return {}; }
  std::optional<SystemTime> next_due() override { return std::nullopt; }
  std::optional<Envelope> find(MessageId) override { return std::nullopt; }
  std::shared_ptr<const Content> open_content(const Envelope&) override { return nullptr; }
  void for_each(const std::function<bool(const Envelope&)>&) override {}
  Totals totals() override { return {}; }
  bool has_room(std::uint64_t) override { return mode_ != "no_room"; }
  void close() override {}

 private:
  std::string mode_;
  mutable std::mutex mutex_;
  std::vector<testing::Stored> messages;
  std::vector<std::thread> threads_;
};

class SmtpWorld::MemoryQueue final : public Queue {
 public:
  void accept(StoredMessage, std::vector<Delivery>) override {}
  void start() override {}
  void reload(std::shared_ptr<const config::Config>) override {}
  std::size_t retry(const std::vector<MessageId>&) override { return 0; }
  void obey(QueueVerb, const std::vector<MessageId>&) override {}
  void stop(std::chrono::seconds, std::function<void()> done) override { done(); }
  std::string describe_destinations() const override { return "[]"; }
};

SmtpWorld::SmtpWorld(const Wishes& wishes)
    : spool_(std::make_unique<MemorySpool>(wishes.get("spool"))), queue_(std::make_unique<MemoryQueue>()) {
  auto snapshot = std::make_shared<SmtpSnapshot>();
  auto config = std::make_shared<config::Config>(make_config(wishes));
  auto tls = TlsSettings::load(config->tls);
  for (const auto& certificate : config->tls.certificates) ::unlink(certificate.cert.c_str());
  if (!tls) throw std::runtime_error(tls.error());
  snapshot->tls = *tls;
  snapshot->restrictions.push_back(parse_restrictions(wishes, *config));
  snapshot->make_services = [wishes](Shard& shard) { return std::make_shared<MadeUpServices>(shard.loop(), wishes); };
  snapshot->config = std::move(config);
  snapshot_ = snapshot;
  server_ =
      std::make_unique<SmtpServer>(SmtpServer::Parts{{&thread_.shard()}, *spool_, *queue_, log_, metrics_}, snapshot);
  const auto opened = server_->open();
  if (!opened) throw std::runtime_error(opened.error());
  server_->start();
  thread_.start();
}

SmtpWorld::~SmtpWorld() {
  thread_.stop();
}

std::uint16_t SmtpWorld::port() const {
  return server_->addresses().front().port;
}

std::vector<Stored> SmtpWorld::messages() const {
  return spool_->all();
}

TestClient::TestClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect");
}

TestClient::~TestClient() {
  ::close(fd_);
}

void TestClient::send(std::string_view octets) const {
  while (!octets.empty()) {
    const auto size = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    octets.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::optional<std::string> TestClient::read_line() {
  for (;;) {
    const auto end = buffer_.find("\r\n");
    if (end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      return line;
    }
    char octets[4096];
    const auto size = ::recv(fd_, octets, sizeof octets, 0);
    if (size <= 0) return std::nullopt;
    buffer_.append(octets, static_cast<std::size_t>(size));
  }
}

std::string TestClient::read_reply() {
  std::string reply;
  for (;;) {
    const auto line = read_line();
    if (!line) return reply + "<closed>";
    reply += *line;
    if (line->size() < 4 || (*line)[3] != '-') return reply;
    reply += '\n';
  }
}

bool TestClient::at_end() {
  char octet;
  return buffer_.empty() && ::recv(fd_, &octet, 1, 0) <= 0;
}

}  // namespace gateway::testing
