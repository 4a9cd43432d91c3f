#include <fmt/core.h>

#include <algorithm>

#include "gateway/filter/milter_chain.hpp"
#include "gateway/smtp/parameters.hpp"
#include "gateway/smtp/refusal_reference.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

std::string in_brackets(const lookup::Address& address) {
  return fmt::format("<{}>", address.to_string());
}

/// As filters write addresses: with or without brackets, perhaps with a space.
lookup::Address read_address(std::string_view text) {
  while (!text.empty() && (text.front() == '<' || text.front() == ' ')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '>' || text.back() == ' ')) text.remove_suffix(1);
  return lookup::split_address(text);
}

}  // namespace

/// Tells the filters of the client, once more after XCLIENT. False: the session is over.
asio::awaitable<bool> Session::connect_filters() {
  const auto& config = parts_->config();
  if (config.filters.empty()) co_return true;
  filters_ = std::make_unique<MilterChain>(parts_->shard, config.filters, parts_->filters, parts_->log);
  const auto address = facts_.client_address.to_string();
  milter::Macros macros{{"j", config.hostname},
                        {"v", "Gatepost " GATEPOST_VERSION},
                        {"_", fmt::format("{} [{}]", facts_.client_name, address)},
                        {"{daemon_name}", parts_->listener_config().name},
                        {"{daemon_addr}", facts_.server_address.to_string()},
                        {"{daemon_port}", std::to_string(facts_.server_port)},
                        {"{client_addr}", address},
                        {"{client_name}", facts_.client_name},
                        {"{client_ptr}", facts_.reverse_client_name},
                        {"{client_port}", std::to_string(facts_.client_port)}};
  auto event =
      make_event(milter::Command::connect, macros,
                 milter::connect_payload(facts_.client_name, facts_.client_address.is_v6, address, facts_.client_port));
  auto verdict = co_await filters_->connect(std::move(event));
  const bool stays = co_await hear_verdict_on_client(std::move(verdict), policy::Stage::client);
  co_return stays;
}

asio::awaitable<bool> Session::tell_filters_helo() {
  if (!filters_) co_return true;
  milter::Macros macros;
  if (tls_)
    macros = {{"{tls_version}", tls_->protocol},
              {"{cipher}", tls_->cipher},
              {"{cipher_bits}", std::to_string(tls_->used_bits)},
              {"{cert_subject}", tls_->peer_subject},
              {"{cert_issuer}", tls_->peer_issuer}};
  auto event = make_event(milter::Command::helo, macros, milter::join({facts_.helo}));
  auto verdict = co_await filters_->helo(std::move(event));
  const bool stays = co_await hear_verdict_on_client(std::move(verdict), policy::Stage::helo);
  co_return stays;
}

/// What a filter says of the client itself is said at its next MAIL, as Postfix and Sendmail do; only 421 is at once.
asio::awaitable<bool> Session::hear_verdict_on_client(FilterVerdict verdict, policy::Stage stage) {
  if (verdict.is_refusal()) log_filter(Program::smtpd, "milter-reject", to_string(verdict.reply));
  if (verdict.kind != FilterVerdict::Kind::disconnect) co_return true;
  parts_->metrics.reject(stage, policy::Reason::milter, verdict.reply.code);
  co_await say(std::move(verdict.reply), Blame::nobody);
  ended_ = true;
  co_return false;
}

asio::awaitable<bool> Session::filters_pass_mail() {
  if (!filters_) co_return true;
  const auto& mail = transaction_->mail;
  const auto& sender = transaction_->sender;
  const milter::Macros macros{{"i", transaction_->queue_id},       {"{auth_type}", facts_.sasl_method},
                              {"{auth_authen}", facts_.login},     {"{auth_author}", facts_.sasl_sender},
                              {"{mail_addr}", sender.to_string()}, {"{mail_host}", sender.domain}};
  auto payload = milter::join({in_brackets(mail.sender)});
  if (mail.size) payload += milter::join({fmt::format("SIZE={}", *mail.size)});
  if (mail.eight_bit) payload += milter::join({"BODY=8BITMIME"});
  if (mail.smtputf8) payload += milter::join({"SMTPUTF8"});
  auto event = make_event(milter::Command::mail, macros, payload);
  auto verdict = co_await filters_->mail(std::move(event));
  const bool passed = co_await hear_verdict(std::move(verdict), policy::Stage::sender);
  co_return passed;
}

asio::awaitable<bool> Session::filters_pass_rcpt(const RcptTo& rcpt) {
  if (!filters_) co_return true;
  const milter::Macros macros{{"i", transaction_->queue_id},
                              {"{rcpt_addr}", facts_.recipient.to_string()},
                              {"{rcpt_host}", facts_.recipient.domain}};
  auto event = make_event(milter::Command::rcpt, macros, milter::join({in_brackets(rcpt.recipient)}));
  auto verdict = co_await filters_->tell(std::move(event));
  const bool passed = co_await hear_verdict(std::move(verdict), policy::Stage::recipient);
  co_return passed;
}

asio::awaitable<bool> Session::filters_pass_data() {
  if (!filters_) co_return true;
  auto event = make_event(milter::Command::data, filter_macros(), {});
  auto verdict = co_await filters_->tell(std::move(event));
  const bool passed = co_await hear_verdict(std::move(verdict), policy::Stage::data);
  co_return passed;
}

asio::awaitable<bool> Session::hear_verdict(FilterVerdict verdict, policy::Stage stage) {
  if (verdict.kind == FilterVerdict::Kind::discard) {
    log_filter(Program::smtpd, "milter-discard", "milter triggers DISCARD action");
    transaction_->effects.discard = true;
  }
  if (!verdict.is_refusal()) co_return true;
  parts_->metrics.reject(stage, policy::Reason::milter, verdict.reply.code);
  log_filter(Program::smtpd, "milter-reject", to_string(verdict.reply));
  const bool leaves = verdict.kind == FilterVerdict::Kind::disconnect;
  co_await say(std::move(verdict.reply));
  if (leaves) ended_ = true;
  co_return false;
}

milter::Macros Session::filter_macros() const {
  milter::Macros macros;
  macros.emplace_back("i", transaction_->queue_id);
  return macros;
}

bool Session::filters_want_content() const {
  return filters_ && !transaction_->effects.discard && filters_->wants_message();
}

std::unique_ptr<ContentWriter> Session::hold_content() const {
  const auto& queue = parts_->config().queue;
  return std::make_unique<HeldContent>(queue.directory, queue.inline_content_limit);
}

/// Shows the held message to the filters and writes what they make of it to the spool. Returns the reply when it is not
/// to be stored.
asio::awaitable<std::optional<Reply>> Session::filter_message() {
  auto& transaction = *transaction_;
  if (!transaction.is_held || transaction.effects.discard) co_return std::nullopt;
  const auto& config = parts_->config();
  FilteredMessage::Limits limits;
  limits.directory = config.queue.directory;
  limits.memory_limit = config.queue.inline_content_limit;
  // What a filter adds to a message that just fits is not the sender's fault.
  limits.body_limit = 2 * config.limits.message_size_limit;
  std::unique_ptr<HeldContent> held(static_cast<HeldContent*>(transaction.intake->take_writer().release()));
  auto message = FilteredMessage::open(std::move(held), std::move(limits));
  if (!message) co_return reply_for(message.error());
  message->edits.header.insert_hidden(transaction.received_at, transaction.received);
  auto macros = filter_macros();
  auto verdict = co_await filters_->show(*message, std::move(macros));
  if (verdict.is_refusal()) {
    parts_->metrics.reject(policy::Stage::end_of_data, policy::Reason::milter, verdict.reply.code);
    log_filter(Program::cleanup, "milter-reject", to_string(verdict.reply).substr(4));
    co_return std::move(verdict.reply);
  }
  if (verdict.kind == FilterVerdict::Kind::discard) {
    log_filter(Program::cleanup, "milter-discard", "milter triggers DISCARD action");
    transaction.effects.discard = true;
    co_return std::nullopt;
  }
  if (message->edits.quarantined) {
    log_filter(Program::cleanup, "milter-hold", "milter triggers HOLD action");
    transaction.effects.hold = true;
  }
  auto failure = co_await change_envelope(message->edits);
  if (failure) co_return failure;
  transaction.mail.eight_bit |= message->has_new_body();
  transaction.content = parts_->spool.new_content(transaction.id);
  if (!transaction.content) co_return replies::queue_write_error();
  const auto written = message->write_to(*transaction.content);
  if (!written) co_return reply_for(written.error());
  co_return std::nullopt;
}

asio::awaitable<std::optional<Reply>> Session::change_envelope(const MessageEdits& edits) {
  auto& transaction = *transaction_;
  if (edits.sender) transaction.sender = read_address(*edits.sender);
  for (const auto& change : edits.recipients) {
    const auto address = read_address(change.address);
    const auto text = address.to_string();
    if (change.add) {
      auto failure = co_await add_unasked(text, "filter's", 0);
      if (failure) co_return failure;
      continue;
    }
    for (std::size_t i = transaction.recipients.size(); i-- > 0;) {
      const auto& recipient = transaction.recipients[i];
      const bool same = recipient.address.folded() == address.folded() ||
                        (!recipient.original.empty() && equal_ignoring_case(recipient.original, text));
      if (!same) continue;
      transaction.recipients.erase(transaction.recipients.begin() + static_cast<std::ptrdiff_t>(i));
      transaction.answers.erase(transaction.answers.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  if (transaction.recipients.empty()) {
    log_filter(Program::cleanup, "milter-discard", "milter deletes all recipients");
    transaction.effects.discard = true;
  }
  co_return std::nullopt;
}

void Session::log_filter(Program program, std::string_view action, std::string_view text) {
  const bool is_refusal = action == "milter-reject";
  if (is_refusal) reference_ = next_refusal_reference();
  parts_->log.write(program, Level::info, action, queue_id(),
                    fmt::format("{}: {} from {}: {};{}{}{}", action, where_, client_, text, transaction_words(),
                                is_refusal ? " ref=" : "", is_refusal ? reference_ : ""),
                    {{"client", client_},
                     {"stage", where_},
                     {"reply", text},
                     {"reason", policy::to_string(policy::Reason::milter)},
                     {"reference", is_refusal ? std::string_view(reference_) : std::string_view()}});
}

}  // namespace gateway
