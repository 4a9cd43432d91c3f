#include "gateway/spool/queue_change.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

namespace {

constexpr std::pair<std::string_view, QueueVerb> verb_names[] = {
    {"retry", QueueVerb::retry},   {"hold", QueueVerb::hold},     {"release", QueueVerb::release},
    {"delete", QueueVerb::remove}, {"expire", QueueVerb::expire}, {"requeue", QueueVerb::requeue},
};

constexpr std::string_view past_forms[] = {"made due", "held", "released", "deleted", "expired", "requeued"};

Merged obey(const QueueOrder& order, Envelope& stored) {
  if (order.verb == QueueVerb::remove) return Merged::gone;
  if (!concerns(order.verb, stored)) return Merged::unchanged;
  if (order.verb == QueueVerb::hold) {
    stored.state = MessageState::hold;
    return Merged::changed;
  }
  if (order.verb == QueueVerb::expire) stored.expired = true;
  if (order.verb == QueueVerb::requeue) {
    stored.attempts = 0;
    stored.delay_warned = false;
    for (auto& recipient : stored.recipients)
      if (recipient.state == RecipientState::pending) recipient.last_reply = recipient.last_dsn = "";
  }
  stored.state = MessageState::queued;
  stored.next_try = order.at;
  return Merged::changed;
}

Merged learn(const AttemptResult& result, Envelope& stored) {
  if (stored.state == MessageState::corrupt) return Merged::unchanged;
  for (const auto& each : result.recipients) {
    if (each.place >= stored.recipients.size()) continue;
    EnvelopeRecipient& recipient = stored.recipients[each.place];
    if (recipient.state != RecipientState::pending) continue;
    recipient.state = each.state;
    recipient.last_reply = each.last_reply;
    recipient.last_dsn = each.last_dsn;
  }
  if (!result.ended) return Merged::changed;
  const auto waits = [](const EnvelopeRecipient& each) { return each.state == RecipientState::pending; };
  if (std::none_of(stored.recipients.begin(), stored.recipients.end(), waits)) return Merged::gone;
  stored.delay_warned = stored.delay_warned || result.delay_warned;
  // Every verb of an operator but hold sets this time: a different one means that the schedule is theirs now.
  if (stored.next_try != result.began_from) return Merged::changed;
  ++stored.attempts;
  stored.next_try = result.next_try;
  return Merged::changed;
}

}  // namespace

std::optional<QueueVerb> parse_queue_verb(std::string_view name) {
  for (const auto& [known, verb] : verb_names)
    if (known == name) return verb;
  return std::nullopt;
}

std::string_view to_string(QueueVerb verb) {
  return verb_names[static_cast<std::size_t>(verb)].first;
}

bool concerns(QueueVerb verb, const Envelope& envelope) {
  if (verb == QueueVerb::remove) return true;
  if (envelope.state == MessageState::corrupt) return false;
  const bool held = envelope.state == MessageState::hold;
  if (verb == QueueVerb::hold || verb == QueueVerb::retry) return !held;
  return verb != QueueVerb::release || held;
}

std::string_view past_form(QueueVerb verb) {
  return past_forms[static_cast<std::size_t>(verb)];
}

Merged merge(const Change& change, Envelope& stored) {
  if (std::holds_alternative<Removal>(change.what)) return Merged::gone;
  if (const auto* order = std::get_if<QueueOrder>(&change.what)) return obey(*order, stored);
  return learn(std::get<AttemptResult>(change.what), stored);
}

}  // namespace gateway
