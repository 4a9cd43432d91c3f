#include "gateway/filter/milter_client.hpp"

#include <fmt/core.h>

#include "gateway/filter/milter_address.hpp"
#include "gateway/net/resolve_host.hpp"

namespace gateway {

using milter::Command;
using Kind = milter::Response::Kind;

namespace {

/// A filter that just failed is not waited for again at once.
constexpr std::chrono::seconds retry_after{5};
/// Packets are gathered up to this size where no answer is due.
constexpr std::size_t gathered = 65536;

FilterVerdict refusal(int code, std::string_view dsn, std::string_view text) {
  return {FilterVerdict::Kind::refuse, {code, std::string(dsn), std::string(text)}};
}

FilterResult result_of(const FilterVerdict& verdict) {
  if (verdict.kind == FilterVerdict::Kind::discard) return FilterResult::discard;
  return verdict.reply.code < 500 ? FilterResult::tempfail : FilterResult::reject;
}

}  // namespace

MilterEvent make_event(Command command, const milter::Macros& macros, std::string_view payload) {
  MilterEvent event;
  event.command = command;
  append_macros(event.macros, command, macros);
  append_packet(event.packet, command, payload);
  return event;
}

MilterClient::~MilterClient() {
  if (state_ != State::open) return;
  std::string last_word;
  if (message_open_) append_packet(last_word, Command::abort, {});
  append_packet(last_word, Command::quit, {});
  connection_->write_best_effort(last_word);
}

void MilterClient::interrupt() {
  if (connection_) connection_->interrupt();
}

bool MilterClient::is_concerned() const {
  if (standing_ || is_listening()) return true;
  return state_ == State::failed && filter_.default_action != "accept";
}

asio::awaitable<FilterVerdict> MilterClient::connect(const MilterEvent& connect) {
  const auto opened = co_await open();
  if (!opened) co_return fail(opened.error());
  auto verdict = co_await ask(connect, filter_.command_timeout);
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterClient::tell(const MilterEvent& event) {
  if (standing_) co_return *standing_;
  if (state_ == State::failed) co_return default_action();
  auto verdict = co_await ask(event, filter_.command_timeout);
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterClient::mail(const MilterEvent& connect, const MilterEvent& helo,
                                                  const MilterEvent& mail) {
  if (standing_) co_return *standing_;
  if (state_ == State::failed && std::chrono::steady_clock::now() - failed_at_ >= retry_after) {
    message_over_ = message_open_ = false;
    auto verdict = co_await this->connect(connect);
    if (verdict.is_proceed() && !helo.packet.empty()) verdict = co_await tell(helo);
    if (!verdict.is_proceed()) co_return verdict;
  }
  if (state_ == State::open && !session_over_) {
    if (message_open_) append_packet(out_, Command::abort, {});
    message_open_ = true;
    message_over_ = body_over_ = false;
    changes_ = 0;
  }
  auto verdict = co_await tell(mail);
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterClient::show(FilteredMessage& message, const milter::Macros& macros) {
  if (standing_) co_return *standing_;
  const auto began = std::chrono::steady_clock::now();
  FilterVerdict verdict;
  if (is_listening()) {
    const bool before = message.edits.quarantined;
    message.edits.quarantined = false;
    verdict = co_await show_content(message, macros);
    if (state_ == State::open && verdict.is_proceed())
      metrics_.count(message.edits.quarantined ? FilterResult::quarantine : FilterResult::accept);
    message.edits.quarantined |= before;
    metrics_.seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  } else if (state_ == State::failed) {
    verdict = default_action();
  }
  if (state_ == State::failed && filter_.default_action == "quarantine") message.edits.quarantined = true;
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterClient::show_content(FilteredMessage& message, const milter::Macros& macros) {
  const auto limit = filter_.content_timeout;
  const bool exact = (steps_ & milter::leading_space) != 0;
  // By number: the list belongs to the message, which changes only at the end.
  for (std::size_t i = 0; i < message.edits.header.fields().size() && is_listening(); ++i) {
    const auto& field = message.edits.header.fields()[i];
    if (field.hidden || field.name_size == 0) continue;
    auto value = field.value();
    if (!exact && value.starts_with(' ')) value.erase(0, 1);
    MilterEvent event;
    event.command = Command::header;
    append_packet(event.packet, event.command, milter::join({field.name(), value}));
    auto verdict = co_await ask(event, limit);
    if (!verdict.is_proceed()) co_return verdict;
  }
  if (is_listening()) {
    const MilterEvent event = make_event(Command::end_of_header, macros, {});
    auto verdict = co_await ask(event, limit);
    if (!verdict.is_proceed()) co_return verdict;
  }
  auto verdict = co_await show_body(message);
  if (!verdict.is_proceed() || !is_listening()) co_return verdict;
  const MilterEvent end = make_event(Command::end_of_body, macros, {});
  verdict = co_await hear_changes(message, end);
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterClient::show_body(const FilteredMessage& message) {
  FilterVerdict verdict;
  std::string piece;
  std::uint64_t offset = 0;
  while (is_listening() && !body_over_ && (steps_ & unwanted_bit(Command::body)) == 0) {
    // Filters count on pieces of this size; the last one alone is shorter.
    piece.resize(milter::body_piece);
    std::size_t filled = 0;
    while (filled < piece.size()) {
      const auto size = message.read_body(offset, piece.data() + filled, piece.size() - filled);
      if (size < 0) co_return fail("the message cannot be read");
      if (size == 0) break;
      filled += static_cast<std::size_t>(size);
      offset += static_cast<std::uint64_t>(size);
    }
    if (filled == 0) break;
    piece.resize(filled);
    MilterEvent event;
    event.command = Command::body;
    append_packet(event.packet, event.command, piece);
    verdict = co_await ask(event, filter_.content_timeout);
    if (!verdict.is_proceed()) break;
  }
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterClient::hear_changes(FilteredMessage& message, const MilterEvent& end) {
  out_ += end.macros;
  out_ += end.packet;
  const auto sent = co_await send(filter_.content_timeout);
  if (!sent) co_return fail(sent.error());
  // Half of what a filter wants may be worse than nothing: when it fails, the message is as it was.
  auto before = message.edits;
  std::string failure;
  while (failure.empty()) {
    const auto said = co_await listen(filter_.content_timeout);
    if (!said) {
      failure = said.error();
    } else if (said->kind == Kind::progress) {
      continue;
    } else if (!said->is_change()) {
      message_open_ = false;
      message.use_replacement();
      co_return judge(Command::end_of_body, *said);
    } else if (!apply(message, *said)) {
      failure = "it changes more than can be taken";
    }
  }
  message.edits = std::move(before);
  message.forget_replacement();
  co_return fail(failure);
}

asio::awaitable<FilterVerdict> MilterClient::ask(const MilterEvent& event, std::chrono::seconds limit) {
  FilterVerdict verdict;
  if (!is_listening()) co_return verdict;
  // A filter may look at the macros of a step that it does not want to be told of.
  out_ += event.macros;
  const bool wanted = (steps_ & unwanted_bit(event.command)) == 0;
  if (wanted) out_ += event.packet;
  const bool answered = wanted && (steps_ & unanswered_bit(event.command)) == 0;
  if (!answered && out_.size() < gathered) co_return verdict;
  const auto sent = co_await send(limit);
  if (!sent) co_return fail(sent.error());
  if (!answered) co_return verdict;
  for (;;) {
    const auto said = co_await listen(limit);
    if (!said) co_return fail(said.error());
    if (said->kind == Kind::progress) continue;
    co_return judge(event.command, *said);
  }
}

FilterVerdict MilterClient::judge(Command command, const milter::Response& response) {
  const bool is_client = command == Command::connect || command == Command::helo;
  FilterVerdict verdict;
  switch (response.kind) {
    case Kind::proceed:
      return verdict;
    case Kind::skip:
      body_over_ |= command == Command::body;
      return verdict;
    case Kind::accept:
      (is_client ? session_over_ : message_over_) = true;
      if (!is_client && command != Command::end_of_body) metrics_.count(FilterResult::accept);
      return verdict;
    case Kind::reject:
      verdict = refusal(550, "5.7.1", "Command rejected");
      break;
    case Kind::tempfail:
      verdict = refusal(451, "4.7.1", "Service unavailable - try again later");
      break;
    case Kind::discard:
      if (is_client) return fail("it wants to discard a client");
      verdict.kind = FilterVerdict::Kind::discard;
      break;
    case Kind::shutdown:
      verdict = {FilterVerdict::Kind::disconnect, {421, "4.7.0", "Server closing connection"}};
      break;
    case Kind::reply_code: {
      const auto reply = milter::parse_reply_text(response.value);
      if (!reply) return fail(fmt::format("it wants a reply that is none: {}", response.value.substr(0, 200)));
      verdict = refusal(reply->code, reply->dsn, reply->text);
      if (reply->code == 421) verdict.kind = FilterVerdict::Kind::disconnect;
      break;
    }
    default:
      return fail("its answer is not one for this step");
  }
  metrics_.count(result_of(verdict));
  if (is_client) standing_ = verdict;
  if (command != Command::rcpt) message_over_ = true;  // a recipient's refusal leaves the others
  return verdict;
}

bool MilterClient::apply(FilteredMessage& message, const milter::Response& response) {
  constexpr std::uint32_t changes_limit = 10000;
  if (++changes_ > changes_limit && response.kind != Kind::replace_body) return false;
  const auto blank = (steps_ & milter::leading_space) != 0 ? HeaderEdit::Blank::given : HeaderEdit::Blank::implied;
  switch (response.kind) {
    case Kind::add_header:
      message.edits.header.add(response.name, response.value, blank);
      return true;
    case Kind::insert_header:
      message.edits.header.insert(response.index, response.name, response.value, blank);
      return true;
    case Kind::change_header:
      message.edits.header.change(response.index, response.name, response.value, blank);
      return true;
    case Kind::change_from:
      message.edits.sender = std::string(response.value);
      return true;
    case Kind::add_rcpt:
    case Kind::add_rcpt_with_parameters:
      message.edits.recipients.push_back({true, std::string(response.value)});
      return true;
    case Kind::delete_rcpt:
      message.edits.recipients.push_back({false, std::string(response.value)});
      return true;
    case Kind::quarantine:
      message.edits.quarantined = true;
      return true;
    case Kind::replace_body:
      return message.replace_body(response.value);
    default:
      return false;
  }
}

FilterVerdict MilterClient::default_action() const {
  if (filter_.default_action == "reject") return refusal(550, "5.5.0", "Service unavailable");
  if (filter_.default_action == "tempfail") return refusal(451, "4.7.1", "Service unavailable - try again later");
  if (filter_.default_action == "shutdown")
    return {FilterVerdict::Kind::disconnect, {421, "4.7.0", "Server closing connection"}};
  return {};  // accept; quarantine waits for the message
}

FilterVerdict MilterClient::fail(std::string_view why) {
  state_ = State::failed;
  failed_at_ = std::chrono::steady_clock::now();
  connection_.reset();
  out_.clear();
  message_open_ = false;
  metrics_.count(FilterResult::error);
  log_.warning(Program::smtpd, fmt::format("filter {} ({}): {}; default action: {}", filter_.name, filter_.milter, why,
                                           filter_.default_action));
  return default_action();
}

asio::awaitable<MilterClient::Done> MilterClient::open() {
  const auto limit = filter_.connect_timeout;
  state_ = State::closed;
  steps_ = 0;
  out_.clear();
  reader_ = {};
  const auto endpoints = co_await find_endpoints();
  std::error_code error = asio::error::make_error_code(asio::error::host_not_found);
  for (const auto& endpoint : endpoints) {
    connection_ = std::make_unique<Connection>(shard_);
    connection_->expire_after(limit);
    error = co_await connection_->connect(endpoint);
    if (!error) break;
  }
  if (error) co_return Failure(fmt::format("cannot connect: {}", error.message()));
  milter::append_negotiation(out_);
  const auto sent = co_await send(limit);
  if (!sent) co_return Failure(sent.error());
  const auto said = co_await listen(limit);
  if (!said) co_return Failure(said.error());
  if (said->kind != Kind::negotiate) co_return Failure("it does not negotiate");
  if (said->index < 2 || said->index > milter::version)
    co_return Failure(fmt::format("it speaks version {} of the protocol", said->index));
  if ((said->actions & ~milter::offered_actions) != 0 || (said->steps & ~milter::offered_steps) != 0)
    co_return Failure("it wants what was not offered");
  steps_ = said->steps;
  state_ = State::open;
  co_return Done{};
}

asio::awaitable<std::vector<StreamEndpoint>> MilterClient::find_endpoints() {
  std::vector<StreamEndpoint> found;
  const auto address = parse_milter_address(filter_.milter);
  if (!address) co_return found;
  if (!address->path.empty()) {
    found.push_back(make_unix_endpoint(address->path));
  } else if (const auto literal = lookup::parse_ip(address->host)) {
    found.push_back(make_endpoint(*literal, address->port));
  } else {
    found = co_await resolve_host(shard_.loop(), address->host, address->port, filter_.connect_timeout);
  }
  co_return found;
}

asio::awaitable<MilterClient::Done> MilterClient::send(std::chrono::seconds limit) {
  connection_->expire_after(limit);
  const auto error = co_await connection_->write(out_);
  connection_->never_expire();
  out_.clear();
  if (error) co_return Failure(fmt::format("cannot write: {}", error.message()));
  co_return Done{};
}

asio::awaitable<MilterClient::Said> MilterClient::listen(std::chrono::seconds limit) {
  connection_->expire_after(limit);
  for (;;) {
    const auto packet = reader_.next();
    if (packet) {
      connection_->never_expire();
      const auto response = milter::parse_response(*packet);
      if (!response) co_return Failure("its answer makes no sense");
      co_return *response;
    }
    if (reader_.broken()) co_return Failure("its answer makes no sense");
    const Received received = co_await connection_->receive();
    if (received.error == end_of_stream) co_return Failure("it closed the connection");
    if (received.error == timed_out) co_return Failure(fmt::format("no answer in {} s", limit.count()));
    if (received.error) co_return Failure(fmt::format("cannot read: {}", received.error.message()));
    reader_.feed(received.octets);
  }
}

}  // namespace gateway
