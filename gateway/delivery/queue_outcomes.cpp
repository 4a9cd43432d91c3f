// What QueueLoop does with the outcomes of attempts.
#include "gateway/delivery/delivery_log.hpp"
#include "gateway/delivery/queue_loop.hpp"
#include "gateway/delivery/schedule.hpp"

namespace gateway {

namespace {

using std::chrono::duration;

SystemTime now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// Splits the time since arrival; connect and transmit are known, the rest was waiting in the queue.
Delays delays_of(const ActiveMessage& message, double connect, double transmit) {
  Delays delays;
  delays.before_queue = std::max(0.0, duration<double>(message.taken_up - message.stored.envelope.arrival).count());
  const double since = std::max(0.0, duration<double>(now() - message.taken_up).count());
  delays.connect = connect;
  delays.transmit = transmit;
  delays.queue = std::max(0.0, since - connect - transmit);
  return delays;
}

}  // namespace

void QueueLoop::take_ending(Lanes::Ending ending) {
  const MessagePtr message = std::move(ending.consignment.message);
  const SmtpClient::Report& report = ending.report;
  const Delays delays =
      delays_of(*message, duration<double>(report.connect).count(), duration<double>(report.transmit).count());
  auto best = Outcome::Result::failed;
  bool decided = false;
  for (std::size_t at = 0; at < report.outcomes.size(); ++at) {
    const Outcome::Result result = report.outcomes[at].result;
    decided = decided || result != Outcome::Result::undecided;
    if (result == Outcome::Result::sent || best == Outcome::Result::failed) best = result;
    note(message, ending.consignment.recipients[at], report.outcomes[at], report.relay, ending.program, *ending.series,
         delays);
  }
  if (decided) ending.series->count_attempt(best);
  advance(message);
}

void QueueLoop::take_mailboxes(std::vector<MailboxJob> jobs) {
  const auto ended = std::chrono::steady_clock::now();
  for (MailboxJob& job : jobs) {
    --mailboxes_busy_;
    const MessagePtr message = std::move(job.message);
    const Delays delays = delays_of(*message, 0, duration<double>(ended - job.started).count());
    const bool is_maildir = job.delivery.kind == Delivery::Kind::maildir;
    RouteSeries& series = metrics_->of(is_maildir ? "maildir" : "local");
    series.count_attempt(job.outcome.result);
    if (job.made_mailbox || job.failed_to_open) metrics_->count_mailbox(*job.config, job.address, job.made_mailbox);
    note(message, job.recipient, std::move(job.outcome), is_maildir ? "virtual" : "local",
         is_maildir ? Program::virtual_ : Program::local, series, delays);
    advance(message);
  }
}

void QueueLoop::decide_at_once(const MessagePtr& message, std::uint32_t recipient) {
  const Delivery& delivery = message->deliveries[recipient];
  Outcome outcome;
  outcome.text = delivery.reply;
  outcome.dsn = delivery.dsn;
  switch (delivery.kind) {
    case Delivery::Kind::discard:
      outcome.result = Outcome::Result::sent;
      if (outcome.text.empty()) outcome.text = "discarded";
      outcome.dsn = "2.0.0";
      break;
    case Delivery::Kind::fail:
      outcome.result = Outcome::Result::failed;
      if (outcome.text.empty()) outcome.text = "delivery is not possible";
      if (outcome.dsn.empty()) outcome.dsn = "5.0.0";
      break;
    default:
      outcome.result = Outcome::Result::deferred;
      if (outcome.text.empty()) outcome.text = "address cannot be resolved now";
      if (outcome.dsn.empty()) outcome.dsn = "4.3.0";
      break;
  }
  RouteSeries& series = metrics_->of(delivery.route);
  series.count_attempt(outcome.result);
  note(message, recipient, std::move(outcome), "none", Program::error, series, delays_of(*message, 0, 0));
}

void QueueLoop::note(const MessagePtr& message, std::uint32_t recipient, Outcome outcome, std::string_view relay,
                     Program program, RouteSeries& series, const Delays& delays) {
  --message->undecided;
  if (outcome.result == Outcome::Result::undecided) return;  // held or deleted before it was its turn
  message->outcomes[recipient] = std::move(outcome);
  const Outcome& noted = message->outcomes[recipient];
  series.count_recipient(noted);
  if (noted.result == Outcome::Result::sent) {
    series.observe(delays);
    message->stored.envelope.recipients[recipient].state = RecipientState::delivered;
    message->unrecorded = true;
  }
  log_outcome(log_, program, *message, recipient, relay, delays);
}

void QueueLoop::advance(const MessagePtr& message) {
  if (message->undecided == 0) return end_attempt(message);
  if (!std::exchange(message->unrecorded, false)) return;
  // Some are delivered while others still wait: a crash must not deliver them again. Failures stay pending in the
  // record until their report is stored.
  AttemptResult part;
  const std::vector<EnvelopeRecipient>& recipients = message->stored.envelope.recipients;
  for (std::uint32_t at = 0; at < recipients.size(); ++at)
    if (recipients[at].state == RecipientState::delivered)
      part.recipients.push_back({at, RecipientState::delivered, message->outcomes[at].text, message->outcomes[at].dsn});
  recorder_->record({message->stored.envelope.id, std::move(part)}, {});
}

void QueueLoop::end_attempt(const MessagePtr& message) {
  if (message->deleted) return settle(message, false);
  Envelope& envelope = message->stored.envelope;
  const SystemTime ended = now();
  bool expired = false;
  const bool too_old = envelope.expired || is_expired(config_->queue, envelope, ended);
  const bool warn = is_delay_warning_due(config_->queue, envelope, ended);
  std::vector<std::uint32_t> failures, delays, successes;
  for (std::uint32_t at = 0; at < envelope.recipients.size(); ++at) {
    EnvelopeRecipient& recipient = envelope.recipients[at];
    Outcome& outcome = message->outcomes[at];
    if (outcome.result == Outcome::Result::undecided) continue;  // of an earlier attempt
    recipient.last_reply = outcome.text;
    recipient.last_dsn = outcome.dsn;
    if (outcome.result == Outcome::Result::deferred && too_old) {
      expired = true;
      outcome.result = Outcome::Result::failed;
    }
    switch (outcome.result) {
      case Outcome::Result::failed:
        if (wants_report(recipient, ReportKind::failure)) failures.push_back(at);
        break;
      case Outcome::Result::deferred:
        if (warn && wants_report(recipient, ReportKind::delay)) delays.push_back(at);
        break;
      default:
        if (!outcome.notify_passed && wants_report(recipient, ReportKind::success)) successes.push_back(at);
        break;
    }
  }
  if (expired) {
    metrics_->expired.add();
    log_expired(log_, *message);
  }
  const bool from_postmaster = is_double_bounce_sender(envelope.sender, *config_);
  if (from_postmaster && !failures.empty()) {
    log_.write(Program::bounce, Level::warning, "warning", message->queue_id,
               "undeliverable postmaster notification discarded");
  }
  if (from_postmaster) failures.clear();
  if (envelope.sender.is_null() || from_postmaster) {
    delays.clear();
    successes.clear();
  }
  message->warned = !delays.empty();
  if (failures.empty() && delays.empty() && successes.empty()) return settle(message, true);

  const auto left = std::make_shared<int>(1);
  const auto all_stored = std::make_shared<bool>(true);
  const auto done = [weak = weak_from_this(), message, left, all_stored](bool stored) {
    *all_stored = *all_stored && stored;
    if (--*left > 0) return;
    if (auto self = weak.lock()) self->settle(message, *all_stored);
  };
  const auto send = [&](ReportKind kind, const std::vector<std::uint32_t>& recipients) {
    if (recipients.empty()) return;
    ++*left;
    send_report(message, kind, recipients, done);
  };
  send(envelope.sender.is_null() ? ReportKind::double_bounce : ReportKind::failure, failures);
  send(ReportKind::delay, delays);
  send(ReportKind::success, successes);
  done(true);
}

void QueueLoop::send_report(const MessagePtr& message, ReportKind kind, const std::vector<std::uint32_t>& recipients,
                            std::function<void(bool)> done) {
  struct NoContent final : Content {
    std::uint64_t size() const override { return 0; }
    std::string_view in_memory() const override { return {}; }
    std::int64_t read(std::uint64_t, char*, std::size_t) const override { return 0; }
  };
  const NoContent nothing;
  const Content& content = message->stored.content ? *message->stored.content : nothing;
  Report report =
      compose_report({kind, message->stored.envelope, content, recipients, message->outcomes, *config_, now()});
  auto writer = spool_.new_content(report.envelope.id);
  if (!writer || !writer->append(report.content)) return done(false);
  const std::string id = to_string(report.envelope.id);
  spool_.store(std::move(report.envelope), std::move(writer),
               [weak = weak_from_this(), &loop = loop_, message, kind, id,
                done](tl::expected<StoredMessage, SpoolError> result) {
                 auto stored = std::make_shared<tl::expected<StoredMessage, SpoolError>>(std::move(result));
                 asio::post(loop, [weak, message, kind, id, done, stored] {
                   auto self = weak.lock();
                   if (!self) return;
                   if (!*stored) return done(false);
                   const Counter& counter = kind == ReportKind::failure   ? self->metrics_->bounces_failure
                                            : kind == ReportKind::delay   ? self->metrics_->bounces_delay
                                            : kind == ReportKind::success ? self->metrics_->bounces_success
                                                                          : self->metrics_->bounces_double;
                   counter.add();
                   const std::string_view words = kind == ReportKind::failure ? "sender non-delivery notification: "
                                                  : kind == ReportKind::delay ? "sender delay notification: "
                                                  : kind == ReportKind::success
                                                      ? "sender delivery status notification: "
                                                      : "postmaster non-delivery notification: ";
                   self->log_.write(Program::bounce, Level::info, "notification", message->queue_id,
                                    std::string(words) + id, {{"notification", id}});
                   done(true);
                   if (!self->stopping_ && self->has_room()) {
                     self->take_up(std::move(**stored), {}, false);
                   } else {
                     self->left_behind_ = true;
                   }
                 });
               });
}

void QueueLoop::settle(const MessagePtr& message, bool reported) {
  const Envelope& envelope = message->stored.envelope;
  AttemptResult result;
  bool open = false, decided = false;
  for (std::uint32_t at = 0; at < envelope.recipients.size(); ++at) {
    const EnvelopeRecipient& recipient = envelope.recipients[at];
    const Outcome::Result outcome = message->outcomes[at].result;
    decided = decided || outcome != Outcome::Result::undecided;
    RecipientState state = recipient.state;
    // A failure that could not be reported yet stays to be tried, and reported, again.
    if (reported && outcome == Outcome::Result::failed) state = RecipientState::failed;
    open = open || state == RecipientState::pending;
    if (outcome != Outcome::Result::undecided)
      result.recipients.push_back({at, state, recipient.last_reply, recipient.last_dsn});
  }
  if (!decided && open) {
    release(message);
    return wake_at(now());
  }
  Change change{envelope.id, Removal{}};
  const SystemTime again = next_try(config_->queue, envelope.arrival, now());
  if (open) {
    result.ended = true;
    result.delay_warned = message->warned;
    result.began_from = envelope.next_try;
    result.next_try = again;
    change.what = std::move(result);
  }
  recorder_->record(std::move(change), [weak = weak_from_this(), message, open, again] {
    auto self = weak.lock();
    if (!self) return;
    if (!open && !message->deleted) log_removed(self->log_, *message);
    self->release(message);
    if (open) self->wake_at(message->ordered ? now() : again);
  });
}

}  // namespace gateway
