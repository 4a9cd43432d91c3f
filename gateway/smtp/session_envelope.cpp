#include <fmt/core.h>

#include <algorithm>

#include "gateway/net/awaited.hpp"
#include "gateway/resolve/posting.hpp"
#include "gateway/smtp/parameters.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/restrictions.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

/// The overall limit for what one judgement asks; each thing asked has an own, shorter one.
constexpr std::chrono::seconds judgement_limit{100};
constexpr std::chrono::seconds lookup_limit{60};
/// A judgement asks again after each round of answers; no sane list needs this many.
constexpr int round_limit = 200;
/// Answers may be this old at the start of a transaction; a session can last for days.
constexpr std::chrono::seconds answers_age_limit{60};

/// A local part that names another host (user%host, host!user, user@host): a route chosen by the sender.
bool is_routed(const lookup::Address& address) {
  return address.local.find('@') != std::string::npos || address.local.find('%') != std::string::npos ||
         address.local.find('!') != std::string::npos;
}

bool is_bare_postmaster(const lookup::Address& address) {
  return address.domain.empty() && equal_ignoring_case(address.local, "postmaster");
}

}  // namespace

Session::Done Session::begin_transaction(MailFrom mail) {
  const auto& config = parts_->config();
  const auto& limits = parts_->listener_config().client_limits;
  facts_.has_sender = facts_.has_recipient = false;
  facts_.sender = mail.sender;
  facts_.has_sender = true;
  facts_.size = mail.size.value_or(0);
  facts_.sasl_sender = mail.auth;
  facts_.recipient_count = 0;
  facts_.queue_id.clear();
  overshoot_ = 0;
  Reply refusal;
  auto reason = policy::Reason::restriction;
  if (config.helo_required && facts_.helo.empty()) {
    refusal = replies::hello_first();
    reason = policy::Reason::helo;
  } else if (parts_->listener_config().auth == config::ListenerAuth::required && facts_.login.empty()) {
    refusal = replies::authentication_required();
    reason = policy::Reason::auth_required;
  } else if (is_over(ClientCounters::Event::message, limits.message_rate, "Message delivery request rate")) {
    refusal = replies::too_many("much mail", facts_.client_address.to_string());
    reason = policy::Reason::rate_limit;
  } else if (mail.size && config.limits.message_size_limit != 0 && *mail.size > config.limits.message_size_limit) {
    refusal = replies::message_too_big();
    reason = policy::Reason::size;
  } else if (!parts_->spool.has_room(mail.size.value_or(0))) {
    refusal = replies::no_storage();
    reason = policy::Reason::storage;
  }
  lookup::Address sender = mail.sender;
  if (refusal.code == 0 && !sender.is_null()) {
    auto rewritten = co_await rewrite(mail.sender, Services::Role::sender);
    if (rewritten) {
      sender = std::move(*rewritten);
    } else {
      refusal = rewritten.error();
      reason = policy::Reason::lookup_failed;
    }
  }
  if (refusal.code != 0) {
    log_reject(refusal, reason, policy::Stage::sender);
    facts_.has_sender = false;
    co_await say(std::move(refusal));
    co_return;
  }
  facts_.sender = sender;
  facts_.sender_was_unqualified = !sender.is_null() && mail.sender.domain.empty();
  facts_.sender_class = sender.is_null() ? policy::DomainClass::unserved : parts_->services->class_of(sender);
  const auto now = std::chrono::steady_clock::now();
  if (now - answers_since_ > answers_age_limit) {
    if (answers_since_ != std::chrono::steady_clock::time_point{}) inquiry_.forget_all();
    answers_since_ = now;
  }
  inquiry_.forget_passing();
  if (!config.delay_reject) {
    const bool passed = co_await passes(policy::Stage::sender);
    if (!passed) {
      facts_.has_sender = false;
      co_return;
    }
  }
  transaction_ = std::make_unique<Transaction>();
  transaction_->mail = std::move(mail);
  transaction_->sender = std::move(sender);
  facts_.instance =
      fmt::format("{:x}.{:x}", facts_.client_port, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  const bool passed = co_await filters_pass_mail();
  if (!passed) {
    transaction_.reset();
    facts_.has_sender = false;
    co_return;
  }
  const auto foreseen = parts_->snapshot->restrictions[parts_->listener]->foresee(facts_, inquiry_.answers());
  inquiry_.ask(foreseen, facts_);
  co_await say(replies::sender_ok());
}

Session::Done Session::add_recipient(RcptTo rcpt) {
  const auto& limits = parts_->config().limits;
  const auto& client_limits = parts_->listener_config().client_limits;
  facts_.recipient = rcpt.recipient;
  facts_.has_recipient = true;
  if (limits.recipient_limit != 0 && transaction_->recipients.size() >= limits.recipient_limit) {
    // RFC 5321 4.5.3.1.10: the client may come back with the rest; only one that never stops is to blame.
    const Reply reply = replies::too_many_recipients();
    log_reject(reply, policy::Reason::too_many, policy::Stage::recipient);
    const Blame blame = ++overshoot_ > 1000 ? Blame::client : Blame::nobody;
    co_await say(reply, blame);
    co_return;
  }
  const auto& unknown_rate = client_limits.unknown_recipient_rate;
  std::string_view excess;
  if (is_over(ClientCounters::Event::recipient, client_limits.recipient_rate, "Recipient address rate")) {
    excess = "many recipients";
  } else if (limited_ && unknown_rate.count != 0 &&
             parts_->counters.rate(counted_as_, ClientCounters::Event::unknown_recipient, unknown_rate,
                                   std::chrono::steady_clock::now()) >= unknown_rate.count) {
    excess = "many unknown recipients";
  }
  if (!excess.empty()) {
    const Reply reply = replies::too_many(excess, facts_.client_address.to_string());
    log_reject(reply, policy::Reason::rate_limit, policy::Stage::recipient);
    co_await say(reply);
    co_return;
  }
  // RFC 5321 4.5.1: the one address that every mail system answers to, whatever its restrictions.
  const bool is_postmaster = is_bare_postmaster(rcpt.recipient);
  auto rewritten = co_await rewrite(rcpt.recipient, Services::Role::recipient);
  if (!rewritten) {
    log_reject(rewritten.error(), policy::Reason::lookup_failed, policy::Stage::recipient);
    co_await say(rewritten.error());
    co_return;
  }
  facts_.recipient_is_routed = is_routed(rcpt.recipient);
  facts_.recipient_was_unqualified = rcpt.recipient.domain.empty();
  facts_.recipient = std::move(*rewritten);
  facts_.recipient_class = parts_->services->class_of(facts_.recipient);
  facts_.recipient_count = static_cast<std::uint32_t>(transaction_->recipients.size());
  co_await accept_recipient(std::move(rcpt), is_postmaster);
  inquiry_.forget_passing();
}

Session::Done Session::accept_recipient(RcptTo rcpt, bool is_postmaster) {
  if (!is_postmaster) {
    const bool passed = co_await passes(policy::Stage::recipient);
    if (!passed) co_return;
  }
  auto answer = inquiry_.take_recipient();
  if (!answer) answer = co_await find_recipient();
  const std::string text = facts_.recipient.to_string();
  if (answer->answer.is_unavailable()) {
    const Reply reply = replies::lookup_failure(text);
    log_warning(fmt::format("recipient {}: {}", text, answer->answer.detail));
    log_reject(reply, policy::Reason::lookup_failed, policy::Stage::recipient);
    co_await say(reply);
    co_return;
  }
  if (answer->answer.is_absent()) {
    co_await refuse_unknown(*answer);
    co_return;
  }
  if (!may_post(answer->senders, {facts_.sender, facts_.client_in_mynetworks, !facts_.login.empty()})) {
    const Reply reply = replies::sender_may_not_post(text);
    log_reject(reply, policy::Reason::restriction, policy::Stage::recipient);
    co_await say(reply);
    co_return;
  }
  if (answer->free_quota < facts_.size || answer->free_quota == 0) {
    const bool for_good = parts_->config().mailboxes.full_action == config::FullAction::bounce;
    const Reply reply = replies::mailbox_full(text, for_good);
    log_reject(reply, policy::Reason::storage, policy::Stage::recipient);
    co_await say(reply);
    co_return;
  }
  const bool wanted = co_await filters_pass_rcpt(rcpt);
  if (!wanted) co_return;
  open_message();
  EnvelopeRecipient recipient;
  recipient.address = facts_.recipient;
  if (rcpt.recipient != facts_.recipient) recipient.original = rcpt.recipient.to_string();
  recipient.orcpt = std::move(rcpt.orcpt);
  recipient.notify = rcpt.notify;
  transaction_->recipients.push_back(std::move(recipient));
  transaction_->answers.push_back(std::move(*answer));
  facts_.recipient_count = static_cast<std::uint32_t>(transaction_->recipients.size());
  parts_->metrics.recipients[static_cast<std::size_t>(facts_.recipient_class)].add();
  co_await say(replies::recipient_ok());
}

void Session::open_message() {
  if (!transaction_->queue_id.empty()) return;
  transaction_->id = next_message_id();
  transaction_->queue_id = to_string(transaction_->id);
  facts_.queue_id = transaction_->queue_id;
  log_client();
}

Session::Done Session::refuse_unknown(const RecipientAnswer& answer) {
  const std::string text = facts_.recipient.to_string();
  const std::string_view table = answer.table.empty() ? std::string_view("local recipient") : answer.table;
  const Reply reply =
      answer.relocated ? replies::user_moved(text, answer.answer.detail) : replies::unknown_user(text, table);
  log_reject(reply, policy::Reason::unknown_recipient, policy::Stage::recipient);
  const auto& rate = parts_->listener_config().client_limits.unknown_recipient_rate;
  if (limited_)
    parts_->counters.count(counted_as_, ClientCounters::Event::unknown_recipient, rate,
                           std::chrono::steady_clock::now());
  co_await say(reply);
}

asio::awaitable<tl::expected<lookup::Address, Reply>> Session::rewrite(lookup::Address address, Services::Role role) {
  using Rewritten = tl::expected<lookup::Address, lookup::Answer>;
  Awaited<Rewritten> awaited(parts_->shard.loop());
  const std::string text = address.to_string();
  parts_->services->rewrite(std::move(address), role, awaited.callback());
  auto rewritten = co_await awaited.wait(lookup_limit);
  if (rewritten && *rewritten) co_return std::move(**rewritten);
  log_warning(fmt::format("rewriting {}: {}", text, rewritten ? rewritten->error().detail : "no answer in time"));
  co_return tl::unexpected(replies::lookup_failure(text));
}

asio::awaitable<RecipientAnswer> Session::find_recipient() {
  auto answer = parts_->services->find_recipient_now(facts_.recipient);
  if (!answer) {
    Awaited<RecipientAnswer> awaited(parts_->shard.loop());
    parts_->services->find_recipient(facts_.recipient, awaited.callback());
    answer = co_await awaited.wait(lookup_limit);
  }
  if (!answer) {
    answer.emplace();
    answer->answer = lookup::Answer::unavailable(lookup::Unavailable::timed_out, "no answer in time");
  }
  co_return std::move(*answer);
}

asio::awaitable<policy::Verdict> Session::judge(policy::Stage stage) {
  const auto restrictions = parts_->snapshot->restrictions[parts_->listener];
  const auto end = std::chrono::steady_clock::now() + judgement_limit;
  for (int round = 0; round < round_limit; ++round) {
    auto judgement = restrictions->judge(stage, facts_, inquiry_.answers());
    if (auto* verdict = std::get_if<policy::Verdict>(&judgement)) co_return std::move(*verdict);
    auto& questions = std::get<std::vector<policy::Question>>(judgement);
    inquiry_.ask(questions, facts_);
    if (inquiry_.knows(questions)) continue;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    co_await inquiry_.wait(std::move(questions), left);
  }
  policy::Verdict endless;
  endless.action = policy::Verdict::Action::refuse;
  endless.code = 451;
  endless.dsn = "4.3.5";
  endless.text = "Server configuration problem";
  endless.reason = policy::Reason::configuration;
  co_return endless;
}

asio::awaitable<bool> Session::passes(policy::Stage stage) {
  auto verdict = co_await judge(stage);
  for (const auto& line : verdict.effects.log_lines) {
    const auto colon = line.find(": ");
    if (colon != std::string::npos) log_action(line.substr(0, colon), line.substr(colon + 2));
  }
  if (verdict.effects.sleep_seconds > 0)
    co_await pause(std::chrono::seconds(std::min(verdict.effects.sleep_seconds, 60)));
  if (verdict.is_permit()) {
    auto& effects = verdict.effects;
    if (effects.hold) log_action("hold", effects.hold_reason);
    if (effects.discard) log_action("discard", effects.discard_reason);
    if (transaction_) merge(transaction_->effects, std::move(effects));
    co_return true;
  }
  if (verdict.reason == policy::Reason::unknown_recipient && stage == policy::Stage::recipient) {
    const auto answer = inquiry_.take_recipient();
    if (answer && answer->answer.is_absent() && (answer->relocated || !answer->table.empty()) && verdict.code == 550) {
      co_await refuse_unknown(*answer);
      co_return false;
    }
    const auto& rate = parts_->listener_config().client_limits.unknown_recipient_rate;
    if (limited_)
      parts_->counters.count(counted_as_, ClientCounters::Event::unknown_recipient, rate,
                             std::chrono::steady_clock::now());
  }
  const Reply reply{verdict.code, verdict.dsn, verdict.text};
  log_reject(reply, verdict.reason, stage);
  co_await say(reply);
  if (verdict.action == policy::Verdict::Action::disconnect) ended_ = true;
  co_return false;
}

Session::Done Session::flush_domain(std::string_view domain) {
  const auto& fast = parts_->config().queue.fast_flush_domains;
  Reply reply{250, "2.0.0", "Queuing started"};
  const auto first = domain.empty() || (domain.front() != '@' && domain.front() != '#') ? domain : domain.substr(1);
  if (facts_.helo.empty()) {
    reply = replies::hello_first();
  } else if (transaction_) {
    reply = replies::transaction_in_progress();
  } else if (first.empty() || first.find_first_of(" \t<>\"") != std::string_view::npos) {
    reply = {500, "5.5.4", "Syntax: ETRN domain"};
  } else {
    facts_.etrn_domain = std::string(domain);
    const bool passed = co_await passes(policy::Stage::etrn);
    if (!passed) co_return;
    const bool known =
        std::any_of(fast.begin(), fast.end(), [&](const std::string& one) { return equal_ignoring_case(one, first); });
    if (known && parts_->flush) {
      parts_->flush(lookup::ascii_lower(first));
    } else {
      reply = {459, "4.0.0", fmt::format("<{}>: service unavailable", domain)};
    }
  }
  co_await say(std::move(reply));
}

}  // namespace gateway
