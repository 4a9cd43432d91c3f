#include "lookup/ldap_pool.hpp"

#include <fmt/core.h>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <deque>

#include "lookup/ldap_connection.hpp"
#include "lookup/ldap_workers.hpp"

namespace lookup {

namespace {

using Clock = LdapQuestion::Clock;

// A bind that was refused is repeated rarely: directories lock accounts after a few failures.
constexpr std::chrono::seconds longest_pause{60};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string_view result_name(Unavailable reason) {
  return reason == Unavailable::none ? std::string_view("success") : to_string(reason);
}

}  // namespace

class LdapPool::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(LdapOptions options, asio::io_context& loop, DirectoryObserver* observer)
      : options_(std::make_shared<const LdapOptions>(std::move(options))),
        loop_(loop),
        observer_(observer),
        workers_(std::make_unique<LdapWorkers>(loop, 2, 2)),
        sweep_timer_(loop),
        probe_timer_(loop),
        fail_back_timer_(loop) {}

  void search(SearchRequest request, Done done);
  void connect();
  void stop();

  State state() const { return state_; }
  std::string_view server() const { return current_ ? std::string_view(current_->server()) : std::string_view(); }

 private:
  using Question = std::unique_ptr<LdapQuestion>;

  // Which servers are tried, and what became of it.
  void dial(std::vector<std::size_t> servers);
  void opened(std::size_t place, std::vector<std::size_t> rest, tl::expected<LdapHandle, LdapFault> session);
  void reconnect(std::size_t last_choice);
  void go_down();
  void try_better();
  void use(std::size_t place, LdapHandle session);

  // What happens to questions.
  void lost(const LdapConnection* connection, LdapFault fault, LdapConnection::Questions unanswered);
  void ask(Question question);
  void fill();
  void fail(Question question, Unavailable reason, std::string detail);
  void fail_waiting();
  void answered(Question question);
  void sweep();
  void arm(Clock::time_point deadline);
  void retire();

  std::shared_ptr<const LdapOptions> options_;
  asio::io_context& loop_;
  DirectoryObserver* observer_;
  std::unique_ptr<LdapWorkers> workers_;
  asio::steady_timer sweep_timer_, probe_timer_, fail_back_timer_;
  Clock::time_point sweep_at_ = Clock::time_point::max();

  State state_ = State::idle;
  bool stopped_ = false;
  bool dialing_ = false;
  bool only_better_ = false;  // the attempt in progress looks for the preferred server alone
  bool filling_ = false;
  std::shared_ptr<LdapConnection> current_;
  std::size_t place_ = 0;  // of the current server
  std::vector<std::shared_ptr<LdapConnection>> draining_;
  std::deque<Question> waiting_;
  LdapFault fault_;  // of the last server that could not be reached
  std::chrono::milliseconds pause_{0};
};

void LdapPool::Engine::search(SearchRequest request, Done done) {
  auto question = std::make_unique<LdapQuestion>();
  question->request = std::move(request);
  question->done = std::move(done);
  question->asked = Clock::now();
  const auto limit = question->request.timeout.count() > 0 ? question->request.timeout : options_->search_timeout;
  question->deadline = question->asked + limit;
  if (stopped_) return fail(std::move(question), Unavailable::unreachable, "the directory is being closed");
  if (state_ == State::down) return fail(std::move(question), fault_.reason, fault_.detail);
  if (state_ == State::idle) connect();
  if (state_ == State::down) return fail(std::move(question), fault_.reason, fault_.detail);
  ask(std::move(question));
}

void LdapPool::Engine::ask(Question question) {
  const auto deadline = question->deadline;
  if (current_ && waiting_.empty() && current_->outstanding() < options_->window) {
    const auto connection = current_;
    connection->send(std::move(question));
  } else if (waiting_.size() < options_->waiting) {
    waiting_.push_back(std::move(question));
  } else {
    return fail(std::move(question), Unavailable::timed_out, "too many searches are waiting for the server");
  }
  arm(deadline);
}

void LdapPool::Engine::fill() {
  if (filling_) return;  // a question that cannot be sent is answered at once and comes back here
  filling_ = true;
  while (current_ && !waiting_.empty() && current_->outstanding() < options_->window) {
    auto question = std::move(waiting_.front());
    waiting_.pop_front();
    const auto connection = current_;
    connection->send(std::move(question));
  }
  filling_ = false;
}

void LdapPool::Engine::answered(Question question) {
  auto& result = question->result;
  if (observer_ != nullptr) {
    observer_->operated(LdapOperation::search, result_name(result.reason), seconds_since(question->asked));
  }
  if (current_) result.server = current_->server();
  if (result.is_unavailable()) result.entries.clear();
  question->done(std::move(result));
  if (!draining_.empty()) retire();
  fill();
}

void LdapPool::Engine::fail(Question question, Unavailable reason, std::string detail) {
  if (observer_ != nullptr) {
    observer_->operated(LdapOperation::search, result_name(reason), seconds_since(question->asked));
  }
  question->result = {};
  question->result.reason = reason;
  question->result.detail = std::move(detail);
  question->done(std::move(question->result));
}

void LdapPool::Engine::fail_waiting() {
  auto waiting = std::exchange(waiting_, {});
  for (auto& question : waiting) fail(std::move(question), fault_.reason, fault_.detail);
}

// One timer stands at the earliest deadline it was told of; when it fires, everything late is answered and it is set
// anew. Asking costs no timer operation while the deadlines come in order.
void LdapPool::Engine::arm(Clock::time_point deadline) {
  if (deadline >= sweep_at_ || stopped_) return;
  sweep_at_ = deadline;
  sweep_timer_.expires_at(deadline);
  sweep_timer_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (!cancelled && !self->stopped_) self->sweep();
  });
}

void LdapPool::Engine::sweep() {
  sweep_at_ = Clock::time_point::max();
  const auto now = Clock::now();
  LdapConnection::Questions late;
  std::deque<Question> waiting;
  for (auto& question : waiting_) {
    if (question->deadline <= now) {
      late.push_back(std::move(question));
    } else {
      waiting.push_back(std::move(question));
    }
  }
  waiting_ = std::move(waiting);
  auto connections = draining_;
  if (current_) connections.push_back(current_);
  auto next = waiting_.empty() ? Clock::time_point::max() : waiting_.front()->deadline;
  for (const auto& question : waiting_) next = std::min(next, question->deadline);
  bool silent = false;
  for (const auto& connection : connections) {
    bool this_silent = false;
    for (auto& question : connection->take_late(now, this_silent)) late.push_back(std::move(question));
    next = std::min(next, connection->next_deadline());
    silent = silent || (this_silent && connection == current_);
  }
  retire();
  if (next != Clock::time_point::max()) arm(next);
  // A server that says nothing for the whole time of a search is taken for dead, even if its socket is not.
  if (silent && current_) {
    lost(current_.get(), {Unavailable::timed_out, "the server does not answer"}, current_->close());
  }
  for (auto& question : late) {
    const auto detail = fmt::format("no answer to {} in time", question->request.filter);
    fail(std::move(question), Unavailable::timed_out, detail);
  }
  fill();
}

void LdapPool::Engine::retire() {
  std::erase_if(draining_, [](const auto& connection) {
    if (connection->outstanding() > 0) return false;
    connection->close();  // its wait for input would keep it
    return true;
  });
}

void LdapPool::Engine::lost(const LdapConnection* connection, LdapFault fault, LdapConnection::Questions unanswered) {
  if (stopped_) return;
  const auto keep = shared_from_this();
  std::erase_if(draining_, [&](const auto& each) { return each.get() == connection; });
  if (current_.get() == connection) {
    if (observer_ != nullptr) observer_->server_changed(options_->servers[place_], false);
    current_.reset();
    const bool stalled = fault.reason == Unavailable::timed_out;
    fault_ = fault;
    reconnect(stalled ? place_ : SIZE_MAX);
  }
  // What was on its way is asked once more, by the next connection.
  for (auto& question : unanswered) {
    if (++question->losses > 1 || state_ == State::down) {
      fail(std::move(question), fault.reason, fault.detail);
      continue;
    }
    question->result = {};
    question->cookie.clear();
    question->range.reset();
    waiting_.push_front(std::move(question));
  }
  if (state_ == State::down) fail_waiting();
}

void LdapPool::Engine::connect() {
  if (state_ == State::idle) reconnect(SIZE_MAX);
}

void LdapPool::Engine::reconnect(std::size_t last_choice) {
  if (options_->servers.empty()) {
    fault_ = {Unavailable::misconfigured, "no server is configured"};
    return go_down();
  }
  state_ = State::connecting;
  std::vector<std::size_t> servers;
  for (std::size_t i = 0; i < options_->servers.size(); ++i) {
    if (i != last_choice) servers.push_back(i);
  }
  if (last_choice < options_->servers.size()) servers.push_back(last_choice);
  if (!dialing_) dial(std::move(servers));
}

void LdapPool::Engine::dial(std::vector<std::size_t> servers) {
  const auto place = servers.front();
  servers.erase(servers.begin());
  struct Attempt {
    tl::expected<LdapHandle, LdapFault> session = tl::unexpected(LdapFault{});
  };
  auto attempt = std::make_shared<Attempt>();
  const auto start = Clock::now();
  auto call = [attempt, options = options_, place](LdapCutter& cutter) {
    attempt->session = open_ldap(options->servers[place], *options, cutter);
  };
  auto done = [self = shared_from_this(), attempt, place, servers, start](LdapWorkers::Outcome outcome) {
    self->dialing_ = false;
    if (self->stopped_) return;
    tl::expected<LdapHandle, LdapFault> session = tl::unexpected(
        LdapFault{Unavailable::timed_out, fmt::format("{}: no answer in time", self->options_->servers[place])});
    if (outcome == LdapWorkers::Outcome::returned) session = std::move(attempt->session);
    if (self->observer_ != nullptr) {
      const auto reason = session ? Unavailable::none : session.error().reason;
      self->observer_->operated(LdapOperation::bind, result_name(reason), seconds_since(start));
    }
    self->opened(place, servers, std::move(session));
  };
  dialing_ = true;
  if (!workers_->run(options_->connect_timeout, std::move(call), std::move(done))) {
    dialing_ = false;
    fault_ = {Unavailable::timed_out, "earlier attempts to connect have not ended"};
    go_down();
  }
}

void LdapPool::Engine::opened(std::size_t place, std::vector<std::size_t> rest,
                              tl::expected<LdapHandle, LdapFault> session) {
  if (session) {
    use(place, std::move(*session));
    return;
  }
  if (observer_ != nullptr) observer_->server_changed(options_->servers[place], false);
  if (current_) {
    only_better_ = false;
    return try_better();
  }
  fault_ = std::move(session.error());
  if (std::exchange(only_better_, false)) return reconnect(place);  // the server in use went away meanwhile
  if (!rest.empty()) return dial(std::move(rest));
  go_down();
}

void LdapPool::Engine::go_down() {
  state_ = State::down;
  const bool slow = fault_.reason == Unavailable::rejected_credentials || fault_.reason == Unavailable::misconfigured;
  pause_ = slow ? std::min<std::chrono::milliseconds>(std::max(pause_ * 2, options_->probe_interval), longest_pause)
                : options_->probe_interval;
  probe_timer_.expires_after(pause_);
  probe_timer_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (cancelled || self->stopped_ || self->dialing_ || self->options_->servers.empty()) return;
    std::vector<std::size_t> all(self->options_->servers.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    self->dial(std::move(all));  // still down for those who ask, until a server has answered
  });
  fail_waiting();
}

void LdapPool::Engine::use(std::size_t place, LdapHandle session) {
  if (current_) draining_.push_back(std::move(current_));
  LdapConnection::Events events;
  auto weak = weak_from_this();
  events.answered = [weak](Question question) {
    if (const auto self = weak.lock()) self->answered(std::move(question));
  };
  // The connection itself is known only after it is made.
  auto address = std::make_shared<const LdapConnection*>(nullptr);
  events.lost = [weak, address](LdapFault fault, LdapConnection::Questions unanswered) {
    if (const auto self = weak.lock()) self->lost(*address, std::move(fault), std::move(unanswered));
  };
  current_ = std::make_shared<LdapConnection>(std::move(session), loop_, options_->servers[place], std::move(events));
  *address = current_.get();
  place_ = place;
  state_ = State::up;
  pause_ = {};
  only_better_ = false;
  if (observer_ != nullptr) observer_->server_changed(options_->servers[place], true);
  const auto connection = current_;
  connection->start();
  retire();
  fill();
  if (place_ > 0) try_better();
}

void LdapPool::Engine::try_better() {
  if (place_ == 0) return;
  fail_back_timer_.expires_after(options_->fail_back);
  fail_back_timer_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (cancelled || self->stopped_ || self->dialing_ || !self->current_ || self->place_ == 0) return;
    self->only_better_ = true;
    self->dial({0});
  });
}

void LdapPool::Engine::stop() {
  stopped_ = true;
  sweep_timer_.cancel();
  probe_timer_.cancel();
  fail_back_timer_.cancel();
  workers_.reset();
  LdapConnection::Questions unanswered;
  if (current_) draining_.push_back(std::move(current_));
  for (const auto& connection : draining_) {
    for (auto& question : connection->close()) unanswered.push_back(std::move(question));
  }
  draining_.clear();
  for (auto& question : waiting_) unanswered.push_back(std::move(question));
  waiting_.clear();
  for (auto& question : unanswered) {
    fail(std::move(question), Unavailable::unreachable, "the directory is being closed");
  }
}

LdapPool::LdapPool(LdapOptions options, asio::io_context& loop, DirectoryObserver* observer)
    : engine_(std::make_shared<Engine>(std::move(options), loop, observer)) {}

LdapPool::~LdapPool() {
  engine_->stop();
}

void LdapPool::search(SearchRequest request, Done done) {
  engine_->search(std::move(request), std::move(done));
}
void LdapPool::connect() {
  engine_->connect();
}
LdapPool::State LdapPool::state() const {
  return engine_->state();
}
std::string_view LdapPool::server() const {
  return engine_->server();
}

}  // namespace lookup
