#include "gateway/delivery/queue_loop.hpp"

#include <map>

#include "gateway/delivery/delivery_log.hpp"

namespace gateway {

namespace {

constexpr std::size_t octet_limit = std::size_t{256} << 20;  // of content in memory

SystemTime now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

QueueLoop::QueueLoop(Queue::Parts parts)
    : loop_(parts.loop),
      spool_(parts.spool),
      resolver_(parts.resolver),
      dns_(parts.dns),
      log_(parts.log),
      metrics_(std::make_shared<DeliveryMetrics>(parts.metrics, *parts.config)),
      config_(std::move(parts.config)),
      run_timer_(loop_),
      gauge_timer_(loop_),
      quiet_timer_(loop_) {}

QueueLoop::~QueueLoop() = default;

void QueueLoop::open() {
  const std::weak_ptr<QueueLoop> weak = weak_from_this();
  recorder_ = std::make_shared<OutcomeRecorder>(loop_, spool_, log_);
  lanes_ = std::make_shared<Lanes>(loop_, dns_, log_, metrics_, config_, [weak](Lanes::Ending ending) {
    if (auto self = weak.lock()) self->take_ending(std::move(ending));
  });
  maildir_ = std::make_unique<MaildirThread>([weak, &loop = loop_](std::vector<MaildirJob> jobs) {
    auto finished = std::make_shared<std::vector<MaildirJob>>(std::move(jobs));
    asio::post(loop, [weak, finished] {
      if (auto self = weak.lock()) self->take_maildir(std::move(*finished));
    });
  });
}

void QueueLoop::accept(StoredMessage message, std::vector<Delivery> deliveries) {
  bool post = false;
  {
    const std::lock_guard lock(intake_mutex_);
    intake_.push_back({std::move(message), std::move(deliveries)});
    post = !std::exchange(intake_posted_, true);
  }
  if (!post) return;
  asio::post(loop_, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->take_intake();
  });
}

void QueueLoop::take_intake() {
  std::vector<Accepted> accepted;
  {
    const std::lock_guard lock(intake_mutex_);
    accepted.swap(intake_);
    intake_posted_ = false;
  }
  if (stopping_) return;  // they are in the spool
  for (Accepted& each : accepted) {
    const std::uint64_t id = each.message.envelope.id.value;
    if (each.message.envelope.state != MessageState::queued) continue;
    if (active_.contains(id) || found_early_.contains(id)) continue;
    if (!has_room()) {
      left_behind_ = true;
      continue;
    }
    take_up(std::move(each.message), std::move(each.deliveries), false);
  }
}

bool QueueLoop::has_room() const {
  return active_.size() < config_->queue.active_limit && held_octets_ < octet_limit;
}

void QueueLoop::take_up(StoredMessage stored, std::vector<Delivery> deliveries, bool from_spool) {
  auto message = std::make_shared<ActiveMessage>();
  message->stored = std::move(stored);
  const Envelope& envelope = message->stored.envelope;
  message->queue_id = to_string(envelope.id);
  message->taken_up = now();
  message->from_spool = from_spool;
  message->outcomes.resize(envelope.recipients.size());
  message->held_octets = message->stored.content ? message->stored.content->in_memory().size() : 0;
  held_octets_ += message->held_octets;
  active_.emplace(envelope.id.value, message);
  log_active(log_, *message);
  if (deliveries.size() == envelope.recipients.size()) {
    message->deliveries = std::move(deliveries);
    prepare(message);
  } else {
    resolve(message);
  }
}

void QueueLoop::resolve(const MessagePtr& message) {
  const Envelope& envelope = message->stored.envelope;
  message->deliveries.assign(envelope.recipients.size(), {});
  std::vector<std::uint32_t> todo;
  for (std::uint32_t at = 0; at < envelope.recipients.size(); ++at)
    if (envelope.recipients[at].state == RecipientState::pending) todo.push_back(at);
  // One more than there are, so that answers which come at once do not dispatch before all are asked.
  message->unresolved = todo.size() + 1;
  const auto answered = [weak = weak_from_this(), message] {
    if (--message->unresolved > 0) return;
    auto self = weak.lock();
    if (self && !self->stopping_) self->prepare(message);
  };
  for (const std::uint32_t at : todo) {
    resolver_.resolve(envelope, envelope.recipients[at], [message, at, answered](Delivery delivery) {
      message->deliveries[at] = std::move(delivery);
      answered();
    });
  }
  answered();
}

void QueueLoop::dispatch(const MessagePtr& message) {
  const Envelope& envelope = message->stored.envelope;
  if (!message->may_start()) return release(message);
  // Counted before anything can end: outcomes may come while others are still being dispatched.
  message->undecided = 1;
  for (const EnvelopeRecipient& each : envelope.recipients)
    if (each.state == RecipientState::pending) ++message->undecided;

  std::map<std::string, Consignment> consignments;
  for (std::uint32_t at = 0; at < envelope.recipients.size(); ++at) {
    if (envelope.recipients[at].state != RecipientState::pending) continue;
    Delivery& delivery = message->deliveries[at];
    if (!message->stored.content) {
      delivery = {};
      delivery.reply = "message content is not available";
      delivery.dsn = "4.3.0";
    }
    switch (delivery.kind) {
      case Delivery::Kind::relay: {
        Consignment& consignment = consignments[lanes_->key_of(delivery, envelope.recipients[at].address.domain)];
        consignment.message = message;
        consignment.recipients.push_back(at);
        break;
      }
      case Delivery::Kind::maildir:
        submit_maildir(message, at);
        break;
      case Delivery::Kind::discard:
      case Delivery::Kind::defer:
      case Delivery::Kind::fail:
        decide_at_once(message, at);
        break;
    }
  }
  for (auto& [key, consignment] : consignments) {
    const std::uint32_t first = consignment.recipients.front();
    lanes_->enqueue(message->deliveries[first], envelope.recipients[first].address.domain, std::move(consignment));
  }
  --message->undecided;
  advance(message);
}

void QueueLoop::submit_maildir(const MessagePtr& message, std::uint32_t recipient) {
  const Envelope& envelope = message->stored.envelope;
  const EnvelopeRecipient& to = envelope.recipients[recipient];
  MaildirJob job;
  job.message = message;
  job.recipient = recipient;
  job.id = envelope.id;
  job.arrival = envelope.arrival;
  job.sender = envelope.sender.to_string();
  job.address = to.address.to_string();
  job.original = to.original;
  job.delivery = message->deliveries[recipient];
  job.content = message->stored.content;
  job.config = config_;
  job.may_exist = message->from_spool;
  job.started = std::chrono::steady_clock::now();
  maildir_jobs_.push_back(std::move(job));
  ++maildir_busy_;
  if (std::exchange(maildir_posted_, true)) return;
  asio::post(loop_, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->flush_maildir();
  });
}

void QueueLoop::flush_maildir() {
  maildir_posted_ = false;
  if (!maildir_jobs_.empty()) maildir_->submit(std::exchange(maildir_jobs_, {}));
}

void QueueLoop::release(const MessagePtr& message) {
  const auto found = active_.find(message->stored.envelope.id.value);
  if (found != active_.end() && found->second == message) active_.erase(found);
  held_octets_ -= std::exchange(message->held_octets, 0);
  const bool room =
      active_.size() < config_->queue.active_limit * std::uint64_t{3} / 4 && held_octets_ < octet_limit / 2;
  if (left_behind_ && started_ && !stopping_ && room) {
    left_behind_ = false;
    wake_at(now());
  }
}

}  // namespace gateway
