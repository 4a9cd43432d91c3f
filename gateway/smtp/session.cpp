#include "gateway/smtp/session.hpp"

#include <fmt/core.h>

#include <array>

#include "gateway/filter/milter_chain.hpp"
#include "gateway/smtp/refusal_reference.hpp"
#include "gateway/smtp/replies.hpp"

namespace gateway {

namespace {

/// AUTH exchanges need lines of this length (RFC 4954 4), whatever the limit for other commands.
constexpr std::size_t sasl_line_limit = 12288;
constexpr std::size_t gathered_replies_limit = 4096;

constexpr std::array<std::string_view, verb_count> places{"HELO", "EHLO", "XCLIENT", "XFORWARD", "STARTTLS", "AUTH",
                                                          "MAIL", "RCPT", "DATA",    "BDAT",     "RSET",     "NOOP",
                                                          "VRFY", "ETRN", "QUIT",    "UNKNOWN",  "UNKNOWN",  "UNKNOWN"};

/// Commands that a client may not follow with another before it has the reply (RFC 2920 3.1, RFC 3207 4).
bool must_be_last(Verb verb) {
  return verb == Verb::helo || verb == Verb::ehlo || verb == Verb::data || verb == Verb::starttls ||
         verb == Verb::noop || verb == Verb::vrfy;
}

bool is_junk(Verb verb) {
  return verb == Verb::helo || verb == Verb::ehlo || verb == Verb::rset || verb == Verb::noop || verb == Verb::vrfy ||
         verb == Verb::etrn;
}

bool is_allowed_before_tls(Verb verb) {
  return verb == Verb::helo || verb == Verb::ehlo || verb == Verb::starttls || verb == Verb::noop ||
         verb == Verb::quit || verb == Verb::rset || verb == Verb::xclient || verb == Verb::xforward;
}

}  // namespace

Session::Session(std::shared_ptr<const SessionParts> parts, StreamSocket socket)
    : parts_(std::move(parts)),
      connection_(parts_->shard, std::move(socket)),
      reader_(std::max<std::size_t>(parts_->config().limits.line_length_limit, sasl_line_limit)),
      inquiry_(parts_->shard.loop(), parts_->services) {}

Session::~Session() {
  for (const auto& client : entered_) parts_->counters.leave(client);
}

Session::Done Session::run() {
  const auto began = std::chrono::steady_clock::now();
  parts_->metrics.connections.add(1);
  const bool greeted = co_await greet();
  if (greeted) co_await serve_commands();
  const bool flushed = co_await flush();
  connection_.close();
  transaction_.reset();
  filters_.reset();
  if (!quit_ && !ended_ && flushed) end("lost connection");
  log_disconnect();
  if (!quit_) parts_->metrics.lost(where_).add();
  parts_->metrics.connections.add(-1);
  parts_->metrics.session_seconds.observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

void Session::stop() {
  stopping_ = true;
  if (idle_) connection_.interrupt();
}

void Session::abandon() {
  stopping_ = true;
  connection_.interrupt();
  if (filters_) filters_->interrupt();
}

Session::Done Session::serve_commands() {
  const auto& limits = parts_->config().limits;
  while (!ended_) {
    if (limits.hard_error_limit != 0 && errors_ >= limits.hard_error_limit) {
      co_await say(replies::too_many_errors(parts_->config().hostname), Blame::nobody);
      end("too many errors");
      co_return;
    }
    if (stopping_ && !transaction_) {
      co_await say(replies::shutting_down(parts_->config().hostname), Blame::nobody);
      ended_ = true;
      co_return;
    }
    const auto line = co_await read_line();
    if (!line) co_return;
    co_await obey(*line);
  }
}

Session::Done Session::obey(Line line) {
  const auto began = std::chrono::steady_clock::now();
  const auto& config = parts_->config();
  last_failed_ = false;
  if (is_foreign_protocol(line.text)) {
    where_ = "UNKNOWN";
    log_warning(fmt::format("non-SMTP command from {}: {}", client_, line.text.substr(0, 100)));
    counts_.count(Verb::unknown, false);
    co_await say(replies::goodbye_intruder());
    ended_ = true;
    co_return;
  }
  const Grammar grammar{config.strict_envelopes ? Strictness::strict : Strictness::lax,
                        parts_->listener_config().smtputf8, transaction_ && transaction_->mail.smtputf8};
  Command command = parse_command(line.text, grammar);
  const bool too_long =
      line.too_long || (command.verb != Verb::auth && line.text.size() > config.limits.line_length_limit);
  if (too_long) command.content = replies::line_too_long();
  const Verb verb = command.verb;
  where_ = places[static_cast<std::size_t>(verb)];
  const bool junk =
      is_junk(verb) && ++junk_ > config.limits.junk_command_limit && config.limits.junk_command_limit != 0;
  if (is_out_of_step(verb)) {
    facts_.pipelined_too_early = true;
    parts_->log.write(Program::smtpd, Level::info, "pipelining", {},
                      fmt::format("improper command pipelining after {} from {}: {}", where_, client_,
                                  reader_.rest().substr(0, 100)));
    co_await say(replies::out_of_step());
    ended_ = true;
  } else {
    co_await execute(std::move(command));
  }
  if (junk && !last_failed_) ++errors_;
  counts_.count(verb, !last_failed_);
  parts_->metrics.command_seconds[static_cast<std::size_t>(verb)].observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

Session::Done Session::execute(Command command) {
  const Verb verb = command.verb;
  if (parts_->listener_config().tls == config::ListenerTls::required && !connection_.is_tls() &&
      !is_allowed_before_tls(verb)) {
    co_await say(replies::tls_required());
    co_return;
  }
  const bool chunks_open = transaction_ && transaction_->chunks;
  if (chunks_open && (verb == Verb::mail || verb == Verb::rcpt || verb == Verb::data)) {
    co_await say(replies::chunks_not_done(where_));
    co_return;
  }
  if (verb == Verb::mail && transaction_) {
    co_await say(replies::nested_mail());
    co_return;
  }
  if (verb == Verb::rcpt && !transaction_) {
    co_await say(replies::mail_first());
    co_return;
  }
  if (auto* refusal = std::get_if<Reply>(&command.content)) {
    co_await say(std::move(*refusal));
    co_return;
  }
  if (auto* mail = std::get_if<MailFrom>(&command.content)) {
    co_await begin_transaction(std::move(*mail));
    co_return;
  }
  if (auto* rcpt = std::get_if<RcptTo>(&command.content)) {
    co_await add_recipient(std::move(*rcpt));
    co_return;
  }
  if (const auto* chunk = std::get_if<Chunk>(&command.content)) {
    co_await take_chunk(*chunk);
    co_return;
  }
  const auto argument = std::get<std::string_view>(command.content);
  switch (verb) {
    case Verb::helo:
    case Verb::ehlo:
      co_await say_hello(verb, argument);
      break;
    case Verb::xclient:
      co_await take_xclient(argument);
      break;
    case Verb::xforward:
      co_await take_xforward(argument);
      break;
    case Verb::starttls:
      co_await start_tls();
      break;
    case Verb::auth:
      co_await authenticate(argument);
      break;
    case Verb::data:
      co_await take_content();
      break;
    case Verb::rset:
      transaction_.reset();
      co_await say(replies::ok());
      break;
    case Verb::noop:
      co_await say(replies::ok());
      break;
    case Verb::vrfy: {
      // RFC 5321 3.5.3: neither confirmed nor denied, or address lists could be checked here.
      Reply reply = argument.empty() ? replies::syntax("VRFY address [SMTPUTF8]") : replies::verify(argument);
      co_await say(std::move(reply));
      break;
    }
    case Verb::etrn:
      co_await flush_domain(argument);
      break;
    case Verb::help:
      co_await say(replies::help());
      break;
    case Verb::quit:
      co_await say(replies::bye());
      ended_ = quit_ = true;
      break;
    default:
      co_await say(replies::not_implemented());
      break;
  }
}

bool Session::is_out_of_step(Verb verb) {
  if (is_extended_ && !must_be_last(verb)) return false;
  return !reader_.empty() || connection_.has_unread_input();
}

asio::awaitable<std::optional<Session::Line>> Session::read_line() {
  bool waiting = false;
  for (;;) {
    auto line = reader_.next();
    if (line) {
      if (waiting) connection_.never_expire();
      co_return line;
    }
    const bool flushed = co_await flush();
    if (!flushed) co_return std::nullopt;
    // One deadline for the whole line: octets that trickle in do not extend it.
    if (!waiting) connection_.expire_after(parts_->config().limits.smtpd_timeout);
    waiting = true;
    idle_ = !transaction_;
    const Received received = co_await connection_.receive();
    idle_ = false;
    if (received.error) {
      end_by(received.error);
      co_return std::nullopt;
    }
    reader_.feed(received.octets);
  }
}

Session::Done Session::say(Reply reply, Blame blame) {
  const auto& limits = parts_->config().limits;
  last_failed_ = reply.is_error();
  if (last_failed_ && blame == Blame::client) ++errors_;
  if (const auto& footer = parts_->config().refusals.reject_footer; last_failed_ && !footer.empty())
    append_footer(reply, footer, facts_, parts_->config().hostname, reference_);
  reference_.clear();
  append_reply(out_, reply);
  if (reply.code == 421 || reply.code == 521) ended_ = true;
  if (limits.soft_error_limit != 0 && errors_ > limits.soft_error_limit && blame == Blame::client)
    co_await pause(std::chrono::seconds(1));
  if (out_.size() > gathered_replies_limit) {
    [[maybe_unused]] const bool flushed = co_await flush();
  }
}

asio::awaitable<bool> Session::flush() {
  if (out_.empty()) co_return true;
  connection_.expire_after(parts_->config().limits.smtpd_timeout);
  const auto error = co_await connection_.write(out_);
  connection_.never_expire();
  if (out_.capacity() > 1024) {
    std::string().swap(out_);
  } else {
    out_.clear();
  }
  if (error && !quit_) end_by(error);
  co_return !error;
}

Session::Done Session::pause(std::chrono::seconds time) {
  asio::steady_timer timer(parts_->shard.loop(), time);
  [[maybe_unused]] auto [error] = co_await timer.async_wait(token);
}

void Session::end(std::string_view why) {
  ended_ = true;
  const bool in_content = transaction_ && transaction_->intake && (where_ == "DATA" || where_ == "BDAT");
  const std::string place = in_content ? fmt::format("{} ({} bytes)", where_, content_octets_) : std::string(where_);
  parts_->log.write(Program::smtpd, Level::info, why, {}, fmt::format("{} after {} from {}", why, place, client_),
                    {{"client", client_}, {"stage", where_}});
}

void Session::end_by(const std::error_code& error) {
  if (ended_) return;
  std::string last_word;
  if (error == timed_out) append_reply(last_word, replies::timeout_exceeded(parts_->config().hostname));
  if (stopping_) append_reply(last_word, replies::shutting_down(parts_->config().hostname));
  connection_.write_best_effort(last_word);
  if (stopping_ && error != timed_out) {
    ended_ = true;
    return;
  }
  end(error == timed_out ? "timeout" : "lost connection");
}

}  // namespace gateway
