#include <fmt/core.h>

#include <algorithm>

#include "gateway/net/awaited.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"
#include "gateway/smtp/trace_header.hpp"

namespace gateway {

namespace {

/// Counts and drops: content that nobody wants any more, which has to be read all the same.
class NoSink final : public ContentSink {
 public:
  void take(std::string_view) override {}
};

std::string_view name_of(ContentFault fault) {
  return fault == ContentFault::bare_lf ? "<LF>" : fault == ContentFault::bare_cr ? "<CR>" : "<NUL>";
}

}  // namespace

asio::awaitable<bool> Session::may_send_content() {
  bool passed = co_await passes(policy::Stage::data);
  if (passed) passed = co_await filters_pass_data();
  co_return passed;
}

Session::Done Session::take_content() {
  if (!transaction_ || transaction_->recipients.empty()) {
    Reply reply = transaction_ ? replies::no_valid_recipients() : replies::recipient_first();
    co_await say(std::move(reply));
    co_return;
  }
  facts_.has_recipient = transaction_->recipients.size() == 1;
  const bool passed = co_await may_send_content();
  if (!passed) co_return;
  co_await say(replies::send_content());
  begin_content();
  ContentReader reader;
  const bool complete = co_await read_content(reader, 0);
  if (!complete) {
    transaction_.reset();
    co_return;
  }
  if (reader.fault() != ContentFault::none) {
    abusive_ = true;
    transaction_->intake->refuse(replies::bare_newline(name_of(reader.fault())));
  }
  co_await complete_message();
}

Session::Done Session::take_chunk(Chunk chunk) {
  Reply refusal;
  if (!transaction_) {
    refusal = replies::recipient_first();
  } else if (transaction_->recipients.empty()) {
    refusal = replies::no_valid_recipients();
  }
  if (refusal.code == 0 && !transaction_->chunks) {
    facts_.has_recipient = transaction_->recipients.size() == 1;
    const bool passed = co_await may_send_content();
    if (passed) {
      begin_content();
      transaction_->chunks = std::make_unique<ContentReader>(ContentReader::Framing::chunks);
    } else {
      refusal.code = -1;  // has been said
    }
  }
  if (refusal.code != 0) {
    // RFC 3030 2: the octets follow whatever we think of the command; they must not be read as commands.
    if (refusal.code > 0) co_await say(refusal);
    const bool failed = last_failed_;
    transaction_.reset();
    ContentReader unwanted(ContentReader::Framing::chunks);
    [[maybe_unused]] const bool skipped = co_await read_content(unwanted, chunk.size);
    last_failed_ = failed;
    co_return;
  }
  const bool complete = co_await read_content(*transaction_->chunks, chunk.size);
  if (!complete) {
    transaction_.reset();
    co_return;
  }
  auto& intake = *transaction_->intake;
  if (chunk.last) transaction_->chunks->end_chunks(transaction_->sink());
  if (transaction_->chunks->fault() != ContentFault::none) {
    abusive_ = true;
    intake.refuse(replies::bare_newline(name_of(transaction_->chunks->fault())));
  }
  if (chunk.last || abusive_) {
    co_await complete_message();
    co_return;
  }
  // A refusal is said at the last chunk too, but the client may stop sending now.
  Reply reply = intake.refusal() ? *intake.refusal() : replies::chunk_ok(chunk.size);
  co_await say(std::move(reply));
}

void Session::begin_content() {
  const auto& config = parts_->config();
  auto& transaction = *transaction_;
  MessageIntake::Terms terms;
  terms.size_limit = config.limits.message_size_limit;
  terms.hop_limit = config.limits.hopcount_limit;
  terms.header_field_limit = config.limits.header_size_limit;
  const auto origin = header_origin();
  terms.completes_header = origin == Services::HeaderOrigin::ours;
  terms.holds_header = parts_->services->rewrites_header(origin);
  terms.hostname = config.hostname;
  terms.queue_id = transaction.queue_id;
  terms.from = transaction.sender.to_string();
  terms.time = std::time(nullptr);
  transaction.is_held = filters_want_content();
  auto writer = transaction.is_held ? hold_content() : parts_->spool.new_content(transaction.id);
  transaction.intake = std::make_unique<MessageIntake>(std::move(writer), std::move(terms));
  if (const auto* tables = parts_->services->content_tables())
    transaction.check = std::make_unique<ContentCheck>(*tables, *transaction.intake);
  content_octets_ = 0;

  // Lines from access tables stand above our Received: results of checks (Received-SPF) belong there, RFC 7208 9.1.
  for (const auto& line : transaction.effects.prepend) {
    std::string clean = line;
    std::replace_if(
        clean.begin(), clean.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    transaction.intake->prepend(clean + "\r\n");
  }
  const bool alone = transaction.recipients.size() == 1;
  const std::string recipient = alone ? transaction.recipients.front().address.to_string() : std::string();
  const std::string protocol = protocol_name(is_extended_ ? Extended::yes : Extended::no, tls_ != nullptr,
                                             !facts_.login.empty(), transaction.mail.smtputf8);
  Arrival arrival;
  arrival.helo = facts_.helo;
  arrival.client_name = facts_.client_name;
  arrival.client_address = facts_.client_address;
  arrival.hostname = config.hostname;
  arrival.protocol = protocol;
  arrival.tls = tls_.get();
  arrival.login = facts_.login;
  arrival.queue_id = transaction.queue_id;
  arrival.only_recipient = recipient;
  arrival.time = std::time(nullptr);
  if (transaction.is_held) {
    transaction.received = received_header(arrival);
    transaction.received_at = transaction.effects.prepend.size();
  } else {
    transaction.intake->prepend(received_header(arrival));
  }
}

/// Reads content up to its end, or `chunk_size` octets of it. False: the connection is over.
asio::awaitable<bool> Session::read_content(ContentReader& reader, std::uint64_t chunk_size) {
  const auto& limits = parts_->config().limits;
  const bool chunked = chunk_size != 0 || where_ == "BDAT";
  NoSink nowhere;
  ContentSink& sink = transaction_ && transaction_->intake ? transaction_->sink() : nowhere;
  const bool flushed = co_await flush();
  if (!flushed) co_return false;
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t received_octets = 0;
  const auto finished = [&] { return chunked ? received_octets == chunk_size : reader.finished(); };
  while (!finished()) {
    std::string_view octets = reader_.rest();
    const bool buffered = !octets.empty();
    if (!buffered) {
      // The time for a message grows with what arrives: who sends slower than the minimum rate runs out of it. Nobody
      // may save up time for a long silence.
      auto end = std::chrono::steady_clock::now() + limits.smtpd_timeout;
      if (limits.minimum_rate != 0)
        end = std::min(end, began + limits.smtpd_timeout + std::chrono::seconds(received_octets / limits.minimum_rate));
      connection_.expire_at(end);
      const Received received = co_await connection_.receive();
      if (received.error) {
        end_by(received.error);
        co_return false;
      }
      octets = received.octets;
    }
    const auto wanted =
        chunked ? octets.substr(
                      0, static_cast<std::size_t>(std::min<std::uint64_t>(octets.size(), chunk_size - received_octets)))
                : octets;
    const auto taken = reader.feed(wanted, sink);
    received_octets += taken;
    content_octets_ += taken;
    if (buffered) {
      reader_.consume(taken);
    } else {
      reader_.feed(octets.substr(taken));
    }
    if (transaction_ && transaction_->intake && transaction_->intake->awaits_header()) co_await rewrite_header();
  }
  connection_.never_expire();
  co_return true;
}

Session::Done Session::complete_message() {
  auto& transaction = *transaction_;
  auto& intake = *transaction.intake;
  if (transaction.check) finish_check();
  intake.finish();
  if (intake.awaits_header()) co_await rewrite_header();
  parts_->log.write(Program::cleanup, Level::info, "message-id", queue_id(),
                    fmt::format("message-id={}", intake.message_id().empty() ? "<>" : intake.message_id()),
                    {{"message_id", intake.message_id()}});
  where_ = "END-OF-MESSAGE";
  facts_.size = intake.received_size();
  std::optional<Reply> refusal = intake.refusal();
  if (refusal) {
    const auto reason = transaction.is_unresolved ? policy::Reason::lookup_failed
                        : refusal->code == 552    ? policy::Reason::size
                        : refusal->code < 500     ? policy::Reason::storage
                        : abusive_                ? policy::Reason::pipelining
                                                  : policy::Reason::content;
    const bool is_logged = transaction.check && transaction.check->refusal();
    if (is_logged)
      parts_->metrics.reject(policy::Stage::end_of_data, reason, refusal->code);
    else
      log_reject(*refusal, reason, policy::Stage::end_of_data);
  } else {
    const bool passed = co_await passes(policy::Stage::end_of_data);
    if (!passed) {
      transaction_.reset();
      co_return;
    }
    refusal = co_await filter_message();
    if (!refusal) refusal = co_await store_message();
  }
  const std::string id = transaction.queue_id;
  transaction_.reset();
  facts_.has_sender = facts_.has_recipient = false;
  if (refusal) {
    co_await say(std::move(*refusal));
    if (abusive_) ended_ = true;
    co_return;
  }
  errors_ = junk_ = 0;
  Reply reply = replies::queued(id);
  co_await say(std::move(reply));
}

}  // namespace gateway
