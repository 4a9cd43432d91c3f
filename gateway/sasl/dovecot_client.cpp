#include "gateway/sasl/dovecot_client.hpp"

#include <random>

#include "gateway/net/connection.hpp"
#include "gateway/net/resolve_host.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds greeting_limit{10}, silence_limit{30};
constexpr std::size_t line_limit = 16384, most_waiting = 1000;

/// Dovecot tells its clients apart by process ID and refuses a second connection with the same one; each loop has its
/// own connection, so that ours would not do.
std::uint32_t client_number() {
  std::random_device chance;
  return (chance() & 0x7fffffff) | 1;
}

}  // namespace

DovecotClient::DovecotClient(DovecotAddress address, asio::io_context& loop, Log& log)
    : address_(std::move(address)), loop_(loop), log_(log), socket_(loop), deadline_(loop) {}

void DovecotClient::connect() {
  if (state_ != State::closed || abandoned_) return;
  state_ = State::connecting;
  // The coroutine holds this object; it ends when the connection does.
  auto conversation = converse(++connection_);
  asio::co_spawn(loop_, std::move(conversation),
                 [self = shared_from_this()](std::exception_ptr error) { self->report(error); });
}

void DovecotClient::report(std::exception_ptr error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& failure) {
    lose(failure.what());
  }
}

void DovecotClient::close() {
  abandoned_ = true;
  waiting_.clear();
  deadline_.cancel();
  std::error_code ignored;
  socket_.close(ignored);
}

std::uint32_t DovecotClient::begin(const std::string& mechanism, const LoginPeer& peer,
                                   std::optional<std::string> initial, Done done) {
  const std::uint32_t id = ++last_id_ == 0 ? ++last_id_ : last_id_;
  if (waiting_.size() >= most_waiting) {
    done({LoginStep::Kind::unavailable, {}, {}, "too many logins wait for Dovecot"});
    return id;
  }
  waiting_.insert_or_assign(id, std::move(done));
  const auto request = dovecot_request(id, mechanism, peer, initial);
  if (state_ == State::ready) {
    send(request);
  } else {
    early_ += request;
    connect();
  }
  return id;
}

void DovecotClient::go_on(std::uint32_t id, const std::string& octets, Done done) {
  if (state_ != State::ready) {
    done({LoginStep::Kind::unavailable, {}, {}, "the connection to Dovecot was lost"});
    return;
  }
  waiting_.insert_or_assign(id, std::move(done));
  send(dovecot_continuation(id, octets));
}

void DovecotClient::forget(std::uint32_t id) {
  // A service that says nothing for so long may be half dead; the next login finds out on a new connection.
  if (waiting_.erase(id) != 0 && state_ == State::ready && Clock::now() - heard_ > silence_limit)
    lose("no answer in time");
}

void DovecotClient::send(const std::string& text) {
  if (out_.empty() && !writing_) heard_ = Clock::now();
  out_ += text;
  write_soon();
}

void DovecotClient::write_soon() {
  if (out_.empty() || state_ == State::closed || std::exchange(writing_, true)) return;
  auto writer = write_out(connection_);
  asio::co_spawn(loop_, std::move(writer), [self = shared_from_this()](std::exception_ptr error) {
    self->writing_ = false;
    self->report(error);
    self->write_soon();
  });
}

asio::awaitable<void> DovecotClient::write_out(std::uint64_t connection) {
  while (!out_.empty() && is_current(connection)) {
    const std::string text = std::exchange(out_, {});
    std::size_t sent = 0;
    while (sent < text.size()) {
      const auto rest = asio::buffer(text.data() + sent, text.size() - sent);
      auto [error, size] = co_await socket_.async_write_some(rest, token);
      if (!is_current(connection)) co_return;
      sent += size;
      if (error) {
        lose(error.message());
        co_return;
      }
    }
  }
}

asio::awaitable<std::string> DovecotClient::open(std::uint64_t connection) {
  std::vector<StreamEndpoint> endpoints;
  if (!address_.path.empty()) {
    endpoints.push_back(make_unix_endpoint(address_.path));
  } else {
    endpoints = co_await resolve_host(loop_, address_.host, address_.port, greeting_limit);
  }
  std::string problem = "the host has no address";
  for (const auto& endpoint : endpoints) {
    if (!is_current(connection)) break;
    socket_ = StreamSocket(loop_);
    auto [error] = co_await socket_.async_connect(endpoint, token);
    if (!error) co_return std::string();
    problem = error.message();
  }
  co_return problem;
}

asio::awaitable<void> DovecotClient::converse(std::uint64_t connection) {
  const auto self = shared_from_this();
  deadline_.expires_after(greeting_limit);
  deadline_.async_wait([weak = weak_from_this(), connection](std::error_code stopped) {
    const auto late = weak.lock();
    if (!stopped && late && late->is_current(connection) && late->state_ != State::ready)
      late->lose("no greeting in time");
  });
  std::string problem = co_await open(connection);
  if (!is_current(connection)) co_return;
  if (problem.empty()) {
    state_ = State::greeting;
    mechanisms_.clear();
    send(dovecot_hello(client_number()));
  }
  std::string input;
  std::array<char, 4096> piece;
  while (problem.empty()) {
    const auto room = asio::buffer(piece);
    auto [error, size] = co_await socket_.async_read_some(room, token);
    if (!is_current(connection)) co_return;
    if (error) {
      problem = error == asio::error::eof ? "it closed the connection" : error.message();
      break;
    }
    heard_ = Clock::now();
    input.append(piece.data(), size);
    std::size_t begin = 0;
    for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n', begin)) {
      const bool good = take(std::string_view(input).substr(begin, end - begin), problem);
      if (!is_current(connection)) co_return;
      begin = end + 1;
      if (!good) break;
    }
    input.erase(0, begin);
    if (input.size() > line_limit) problem = "it says a line without end";
  }
  lose(problem);
}

bool DovecotClient::take(std::string_view text, std::string& problem) {
  using Kind = DovecotLine::Kind;
  auto line = parse_dovecot_line(text);
  if (line.kind == Kind::malformed) {
    problem = "its answer cannot be understood";
  } else if (line.kind == Kind::version && line.major != 1) {
    problem = fmt::format("it speaks version {} of the protocol, not 1", line.major);
  } else if (line.kind == Kind::mechanism) {
    const auto& properties = line.properties;
    const bool is_private = std::find(properties.begin(), properties.end(), "private") != properties.end();
    if (!is_private && state_ == State::greeting) mechanisms_.insert(std::move(line.mechanism));
  } else if (line.kind == Kind::done && state_ == State::greeting) {
    state_ = State::ready;
    deadline_.cancel();
    if (!early_.empty()) send(std::exchange(early_, {}));
  } else if (line.kind == Kind::accepted || line.kind == Kind::challenge || line.kind == Kind::refused) {
    answer(std::move(line));
  }
  return problem.empty();
}

void DovecotClient::answer(DovecotLine line) {
  const auto found = waiting_.find(line.id);
  if (found == waiting_.end()) return;  // nobody waits for it any more
  auto done = std::move(found->second);
  waiting_.erase(found);
  using Kind = LoginStep::Kind;
  LoginStep step;
  step.octets = std::move(line.octets);
  step.login = std::move(line.user);
  step.detail = std::move(line.reason);
  if (line.kind == DovecotLine::Kind::challenge) {
    step.kind = Kind::challenge;
  } else if (line.kind == DovecotLine::Kind::refused) {
    step.kind = line.is_temporary ? Kind::unavailable : Kind::refused;
  } else {
    step.kind = step.login.empty() ? Kind::unavailable : Kind::accepted;
  }
  done(std::move(step));
}

void DovecotClient::lose(const std::string& problem) {
  std::error_code ignored;
  socket_.close(ignored);
  if (state_ == State::closed) return;
  state_ = State::closed;
  deadline_.cancel();
  out_.clear();
  early_.clear();
  if (abandoned_) return;
  if (!waiting_.empty()) log_.warning(Program::smtpd, "SASL: Dovecot's auth service: " + problem);
  for (auto& [id, done] : std::exchange(waiting_, {})) done({LoginStep::Kind::unavailable, {}, {}, problem});
}

}  // namespace gateway
