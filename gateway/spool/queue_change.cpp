#include "gateway/spool/queue_change.hpp"

namespace gateway {

namespace {

constexpr std::pair<std::string_view, QueueVerb> verb_names[] = {
    {"retry", QueueVerb::retry},   {"hold", QueueVerb::hold},     {"release", QueueVerb::release},
    {"delete", QueueVerb::remove}, {"expire", QueueVerb::expire}, {"requeue", QueueVerb::requeue},
};

constexpr std::string_view past_forms[] = {"made due", "held", "released", "deleted", "expired", "requeued"};

}  // namespace

std::optional<QueueVerb> parse_queue_verb(std::string_view name) {
  for (const auto& [known, verb] : verb_names)
    if (known == name) return verb;
  return std::nullopt;
}

std::string_view to_string(QueueVerb verb) {
  return verb_names[static_cast<std::size_t>(verb)].first;
}

std::optional<Change> change_of(QueueVerb verb, const Envelope& envelope, SystemTime now) {
  if (verb == QueueVerb::remove) return Change{envelope.id, true, {}};
  if (envelope.state == MessageState::corrupt) return std::nullopt;
  const bool held = envelope.state == MessageState::hold;
  Change change{envelope.id, false, envelope};
  switch (verb) {
    case QueueVerb::hold:
      if (held) return std::nullopt;
      change.envelope.state = MessageState::hold;
      return change;
    case QueueVerb::retry:
      if (held) return std::nullopt;
      break;
    case QueueVerb::release:
      if (!held) return std::nullopt;
      break;
    case QueueVerb::expire:
      change.envelope.expired = true;
      break;
    default:  // requeue
      change.envelope.attempts = 0;
      change.envelope.delay_warned = false;
      for (auto& recipient : change.envelope.recipients)
        if (recipient.state == RecipientState::pending) recipient.last_reply = recipient.last_dsn = "";
  }
  change.envelope.state = MessageState::queued;
  change.envelope.next_try = now;
  return change;
}

std::string_view past_form(QueueVerb verb) {
  return past_forms[static_cast<std::size_t>(verb)];
}

}  // namespace gateway
