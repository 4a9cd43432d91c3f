#include "gateway/filter/policy_service.hpp"

#include <fmt/core.h>

#include <array>
#include <deque>

#include "gateway/delivery/peer_hosts.hpp"
#include "gateway/filter/policy_reply.hpp"
#include "gateway/net/awaited.hpp"
#include "gateway/net/connection.hpp"
#include "policy/access_action.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;
using lookup::Answer;
using lookup::Unavailable;

constexpr std::size_t most_connections = 20, most_waiting = 1000;
constexpr std::chrono::seconds longest_idle{300}, longest_life{1000}, complaint_interval{10};

enum class Result : std::uint8_t { dunno, ok, reject, defer, error };
constexpr std::array<std::string_view, 5> result_names{"dunno", "ok", "reject", "defer", "error"};

Result result_of(const Answer& answer) {
  using Kind = policy::AccessAction::Kind;
  if (!answer.is_found()) return Result::error;
  const auto action = policy::parse_access_action(answer.values.front());
  switch (action.kind) {
    case Kind::permit:
      return Result::ok;
    case Kind::refuse:
      return action.code / 100 == 4 ? Result::defer : Result::reject;
    case Kind::reject:
    case Kind::hangup:
      return Result::reject;
    case Kind::defer:
    case Kind::defer_if_permit:
    case Kind::defer_if_reject:
      return Result::defer;
    case Kind::malformed:
    case Kind::empty:
      return Result::error;
    default:
      return Result::dunno;
  }
}

/// One open connection. Its deadline closes the socket, which ends whatever waits for it.
struct Wire {
  explicit Wire(asio::io_context& loop) : socket(loop), deadline(loop) {}

  StreamSocket socket;
  asio::steady_timer deadline;
  std::string input;
  Clock::time_point born = Clock::now(), last_used = Clock::now();
  bool timed_out = false;
};
using WirePtr = std::shared_ptr<Wire>;

void set_deadline(const WirePtr& wire, std::chrono::seconds limit) {
  wire->timed_out = false;
  wire->deadline.expires_after(limit);
  wire->deadline.async_wait([weak = std::weak_ptr<Wire>(wire)](std::error_code stopped) {
    const auto late = weak.lock();
    if (stopped || !late) return;
    late->timed_out = true;
    std::error_code ignored;
    late->socket.close(ignored);
  });
}

}  // namespace

class PolicyService::Client : public std::enable_shared_from_this<Client> {
 public:
  Client(Parts parts, const policy::PolicyServiceUse& use, const std::string& folder)
      : parts_(std::move(parts)), use_(use), idle_check_(parts_.loop) {
    if (use_.server.starts_with("unix:"))
      path_ = use_.server[5] == '/' ? use_.server.substr(5) : folder + "/" + use_.server.substr(5);
    else
      entry_ = parse_host_entry(std::string_view(use_.server).substr(use_.server.find(':') + 1), 0);
    for (std::size_t i = 0; i < results_.size(); ++i)
      results_[i] =
          parts_.metrics.counter("policy_requests_total", {{"service", use_.server}, {"result", result_names[i]}});
    duration_ = parts_.metrics.histogram("policy_request_duration_seconds", {{"service", use_.server}});
  }

  void ask(std::string text, std::function<void(Answer)> done) {
    if (waiting_.size() >= most_waiting) {
      finish({std::move(text), std::move(done), Clock::now()},
             Answer::unavailable(Unavailable::too_many_results, use_.server + ": too many requests wait"));
      return;
    }
    waiting_.push_back({std::move(text), std::move(done), Clock::now()});
    if (workers_ >= most_connections) return;
    ++workers_;
    asio::co_spawn(parts_.loop, work(shared_from_this()), [self = shared_from_this()](std::exception_ptr error) {
      --self->workers_;
      if (!error) return;
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& failure) {
        self->parts_.log.write(Program::smtpd, Level::error, "error", {}, use_text(*self) + failure.what());
      }
    });
  }

  /// Nobody waits any more.
  void abandon() {
    abandoned_ = true;
    waiting_.clear();
    idle_.clear();
    idle_check_.cancel();
  }

 private:
  struct Request {
    std::string text;
    std::function<void(Answer)> done;
    Clock::time_point begun;
  };
  enum class Exchange : std::uint8_t { answered, lost, failed };

  static std::string use_text(const Client& client) { return "policy service " + client.use_.server + ": "; }

  // Serves what waits, on one connection, until nothing waits.
  static asio::awaitable<void> work(std::shared_ptr<Client> self) {
    WirePtr wire = self->take_idle();
    while (!self->waiting_.empty() && !self->abandoned_) {
      Request request = std::move(self->waiting_.front());
      self->waiting_.pop_front();
      Answer answer = co_await self->serve(request.text, wire);
      self->finish(std::move(request), std::move(answer));
    }
    if (wire && !self->abandoned_) self->park(std::move(wire));
  }

  // `text` and `wire` live in work(), which waits.
  asio::awaitable<Answer> serve(const std::string& text, WirePtr& wire) {
    const auto self = shared_from_this();
    std::string problem;
    for (int tries = 0;;) {
      const bool is_reused = wire != nullptr;
      if (!wire) wire = co_await connect(problem);
      if (wire) {
        std::string action;
        const Exchange exchange = co_await converse(wire, text, action, problem);
        if (exchange == Exchange::answered) co_return Answer::found(std::move(action));
        wire.reset();
        if (is_reused && exchange == Exchange::lost) continue;
      }
      if (++tries >= use_.try_limit || abandoned_) break;
      asio::steady_timer pause(parts_.loop, use_.retry_delay);
      [[maybe_unused]] auto [error] = co_await pause.async_wait(token);
    }
    complain(problem);
    co_return Answer::unavailable(Unavailable::unreachable, use_.server + ": " + problem);
  }

  asio::awaitable<WirePtr> connect(std::string& problem) {
    std::vector<StreamEndpoint> endpoints;
    if (!path_.empty()) {
      endpoints.push_back(make_unix_endpoint(path_));
    } else if (const auto address = lookup::parse_ip(entry_.host)) {
      endpoints.push_back(make_endpoint(*address, entry_.port));
    } else {
      for (const auto type : {lookup::DnsType::a, lookup::DnsType::aaaa}) {
        Awaited<lookup::DnsAnswer> awaited(parts_.loop);
        parts_.dns->ask(type, entry_.host, awaited.callback());
        const auto found = co_await awaited.wait(use_.timeout);
        if (!found) continue;
        for (const auto& value : found->answer.values)
          if (const auto each = lookup::parse_ip(value)) endpoints.push_back(make_endpoint(*each, entry_.port));
      }
      if (endpoints.empty()) problem = "the host has no address";
    }
    for (const auto& endpoint : endpoints) {
      auto wire = std::make_shared<Wire>(parts_.loop);
      set_deadline(wire, use_.timeout);
      auto [error] = co_await wire->socket.async_connect(endpoint, token);
      wire->deadline.cancel();
      if (!error) co_return wire;
      problem = wire->timed_out ? "Connection timed out" : error.message();
    }
    co_return nullptr;
  }

  asio::awaitable<Exchange> converse(WirePtr wire, const std::string& text, std::string& action, std::string& problem) {
    set_deadline(wire, use_.timeout);
    wire->input.clear();
    std::size_t sent = 0;
    while (sent < text.size()) {
      const auto rest = asio::buffer(text.data() + sent, text.size() - sent);
      auto [error, size] = co_await wire->socket.async_write_some(rest, token);
      sent += size;
      if (error) {
        problem = wire->timed_out ? "Connection timed out" : error.message();
        co_return wire->timed_out ? Exchange::failed : Exchange::lost;
      }
    }
    for (;;) {
      const auto reply = parse_policy_reply(wire->input);
      if (reply.state == PolicyReply::State::malformed) {
        problem = "its answer cannot be understood";
        co_return Exchange::failed;
      }
      if (reply.state == PolicyReply::State::complete) {
        if (reply.length != wire->input.size()) {
          problem = "it says more than it was asked";
          co_return Exchange::failed;
        }
        action = reply.action;
        wire->deadline.cancel();
        co_return Exchange::answered;
      }
      std::array<char, 4096> piece;
      const auto room = asio::buffer(piece);
      auto [error, size] = co_await wire->socket.async_read_some(room, token);
      wire->input.append(piece.data(), size);
      if (error) {
        problem = wire->timed_out             ? "no answer in time"
                  : error == asio::error::eof ? "it closed the connection"
                                              : error.message();
        co_return wire->timed_out || !wire->input.empty() ? Exchange::failed : Exchange::lost;
      }
    }
  }

  WirePtr take_idle() {
    while (!idle_.empty()) {
      WirePtr wire = std::move(idle_.back());
      idle_.pop_back();
      if (!is_old(*wire)) return wire;
    }
    return nullptr;
  }

  static bool is_old(const Wire& wire) {
    const auto now = Clock::now();
    return now - wire.last_used > longest_idle || now - wire.born > longest_life;
  }

  void park(WirePtr wire) {
    wire->last_used = Clock::now();
    idle_.push_back(std::move(wire));
    if (idle_.size() == 1) watch_idle();
  }

  void watch_idle() {
    idle_check_.expires_after(longest_idle);
    idle_check_.async_wait([weak = weak_from_this()](std::error_code stopped) {
      const auto self = weak.lock();
      if (stopped || !self) return;
      std::erase_if(self->idle_, [](const WirePtr& wire) { return is_old(*wire); });
      if (!self->idle_.empty()) self->watch_idle();
    });
  }

  void finish(Request request, Answer answer) {
    results_[static_cast<std::size_t>(result_of(answer))].add();
    duration_.observe(std::chrono::duration<double>(Clock::now() - request.begun).count());
    if (!abandoned_) request.done(std::move(answer));
  }

  // A service that is down is asked by every client: one line in a while says as much as one for each.
  void complain(const std::string& problem) {
    const auto now = Clock::now();
    if (complained_ && now - *complained_ < complaint_interval) return;
    complained_ = now;
    parts_.log.warning(Program::smtpd, fmt::format("problem talking to server {}: {}", use_.server, problem));
  }

  Parts parts_;
  policy::PolicyServiceUse use_;
  std::string path_;
  HostEntry entry_;
  std::array<Counter, 5> results_;
  Histogram duration_;
  std::deque<Request> waiting_;
  std::vector<WirePtr> idle_;
  asio::steady_timer idle_check_;
  std::size_t workers_ = 0;
  std::optional<Clock::time_point> complained_;
  bool abandoned_ = false;
};

PolicyService::PolicyService(Parts parts, const policy::PolicyServiceUse& use, const std::string& folder)
    : client_(std::make_shared<Client>(std::move(parts), use, folder)) {}

PolicyService::~PolicyService() {
  client_->abandon();
}

void PolicyService::ask(std::string request, std::function<void(Answer)> done) {
  client_->ask(std::move(request), std::move(done));
}

}  // namespace gateway
