// The end of a transaction: recipients are expanded, the message is stored and handed to the queue.
#include <fmt/core.h>

#include <ctime>

#include "gateway/net/awaited.hpp"
#include "gateway/smtp/journal_report.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds expansion_limit{120};
constexpr std::chrono::seconds storage_limit{300};

}  // namespace

/// Adds a recipient that no RCPT named.
asio::awaitable<std::optional<Reply>> Session::add_unasked(std::string text, std::string_view whose,
                                                           std::uint8_t notify) {
  facts_.recipient = lookup::split_address(text);
  auto answer = co_await find_recipient();
  if (answer.answer.is_unavailable()) {
    const Reply reply = replies::lookup_failure(text);
    log_reject(reply, policy::Reason::lookup_failed, policy::Stage::end_of_data);
    co_return reply;
  }
  if (answer.answer.is_absent()) {
    log_warning(fmt::format("{}: no such {} recipient: {}", transaction_->queue_id, whose, text));
    co_return std::nullopt;
  }
  EnvelopeRecipient recipient;
  recipient.address = facts_.recipient;
  recipient.notify = notify;
  transaction_->recipients.push_back(std::move(recipient));
  transaction_->answers.push_back(std::move(answer));
  co_return std::nullopt;
}

asio::awaitable<std::optional<Reply>> Session::add_bcc() {
  for (const auto& text : transaction_->effects.bcc) {
    auto failure = co_await add_unasked(text, "BCC", notify_never);
    if (failure) co_return failure;
  }
  co_return std::nullopt;
}

/// Expands the recipients, stores the message, hands it to the queue. Returns the reply when that does not succeed.
asio::awaitable<std::optional<Reply>> Session::store_message() {
  auto& transaction = *transaction_;
  auto writer = transaction.is_held ? std::move(transaction.content) : transaction.intake->take_writer();
  if (transaction.effects.discard) co_return std::nullopt;
  auto failure = co_await add_bcc();
  if (failure) co_return failure;
  Envelope envelope = build_envelope(transaction, facts_);
  envelope.size = writer->size();
  envelope.eight_bit |= transaction.intake->has_eight_bit();
  const auto octets = envelope.size;

  using Expanded = tl::expected<Services::Expansion, Refusal>;
  Awaited<Expanded> expanding(parts_->shard.loop());
  parts_->services->expand(std::move(envelope), std::move(transaction.answers), expanding.callback());
  auto expanded = co_await expanding.wait(expansion_limit);
  if (!expanded) expanded = tl::unexpected(Refusal{});
  if (!*expanded) {
    const Refusal& why = expanded->error();
    Reply reply{why.code, why.dsn, why.text};
    log_reject(reply, why.reason, policy::Stage::end_of_data);
    co_return reply;
  }

  auto& expansion = **expanded;
  failure = co_await store_all(expansion, std::move(writer));
  if (failure) co_return failure;
  parts_->metrics.messages.add();
  parts_->metrics.message_octets.add(static_cast<double>(octets));
  parts_->metrics.message_size.observe(static_cast<double>(octets));
  parts_->messages_total.fetch_add(1, std::memory_order_relaxed);
  co_return std::nullopt;
}

/// The content of a message that stands beside the one that came.
std::optional<Reply> Session::write_beside(const Services::Expansion& main, const Services::Expansion& other,
                                           const ContentWriter& content, ContentWriter& writer) const {
  tl::expected<void, SpoolError> written;
  if (other.content == Services::Expansion::Content::same) {
    written = content.copy_to(writer);
  } else {
    JournalReport report;
    report.hostname = parts_->config().hostname;
    report.myorigin = parts_->config().myorigin;
    report.journal = parts_->config().bcc.journal;
    report.message_id = transaction_->intake->message_id();
    Envelope envelope = main.envelope;
    envelope.sender = transaction_->sender;
    report.envelope = &envelope;
    report.time = std::time(nullptr);
    const auto list = [&report](const Services::Expansion& message) {
      if (message.content == Services::Expansion::Content::journal_report) return;
      for (const auto& recipient : message.envelope.recipients) report.recipients.push_back(&recipient);
    };
    list(main);
    for (const auto& each : main.others) list(each);
    written = writer.append(journal_head(report));
    if (written) written = content.copy_to(writer);
    if (written) written = writer.append(journal_tail(report));
  }
  if (written) return std::nullopt;
  return reply_for(written.error());
}

/// Stores the message and those beside it, all at once, so that one commit takes them; what was stored of a message
/// that could not be stored whole is taken back, because the client will come again.
asio::awaitable<std::optional<Reply>> Session::store_all(Services::Expansion& expansion,
                                                         std::unique_ptr<ContentWriter> writer) {
  using Stored = tl::expected<StoredMessage, SpoolError>;
  std::vector<Services::Expansion*> messages;
  std::vector<std::unique_ptr<ContentWriter>> writers;
  std::optional<Reply> failure;
  for (auto& other : expansion.others) {
    const auto id = next_message_id();
    auto beside = parts_->spool.new_content(id);
    failure = beside ? write_beside(expansion, other, *writer, *beside) : replies::queue_write_error();
    if (failure) break;
    other.envelope.id = id;
    other.envelope.size = beside->size();
    messages.push_back(&other);
    writers.push_back(std::move(beside));
  }
  if (failure) {
    log_reject(*failure, policy::Reason::storage, policy::Stage::end_of_data);
    co_return failure;
  }
  messages.push_back(&expansion);
  writers.push_back(std::move(writer));
  std::vector<std::unique_ptr<Awaited<Stored>>> storing;
  for (std::size_t at = 0; at < messages.size(); ++at) {
    auto& one = storing.emplace_back(std::make_unique<Awaited<Stored>>(parts_->shard.loop()));
    parts_->spool.store(std::move(messages[at]->envelope), std::move(writers[at]), one->callback_from_any_thread());
  }
  std::vector<Stored> stored;
  for (auto& one : storing) {
    auto result = co_await one->wait(storage_limit);
    stored.push_back(result ? std::move(*result) : Stored(tl::unexpect, SpoolError::failed));
    if (!stored.back() && !failure) failure = reply_for(stored.back().error());
  }
  if (failure) {
    log_reject(*failure, policy::Reason::storage, policy::Stage::end_of_data);
    std::vector<Change> changes;
    for (const auto& each : stored)
      if (each) changes.push_back({each->envelope.id, Removal{}});
    if (!changes.empty()) parts_->spool.apply(std::move(changes), [](const tl::expected<void, SpoolError>&) {});
    co_return failure;
  }
  for (std::size_t at = 0; at < messages.size(); ++at) {
    if (messages[at] != &expansion)
      parts_->log.write(Program::cleanup, Level::info, "message-id", to_string(stored[at]->envelope.id),
                        fmt::format("message-id={}, original queue ID {}", transaction_->intake->message_id(),
                                    transaction_->queue_id),
                        {{"message_id", transaction_->intake->message_id()}});
    // A message on hold waits in the spool for an operator.
    if (stored[at]->envelope.state == MessageState::queued)
      parts_->queue.accept(std::move(*stored[at]), std::move(messages[at]->deliveries));
  }
  co_return std::nullopt;
}

}  // namespace gateway
