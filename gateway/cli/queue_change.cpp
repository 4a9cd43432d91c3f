#include "gateway/cli/queue_change.hpp"

#include <fmt/core.h>

#include <future>

#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

namespace {

constexpr std::size_t changes_at_once = 500;

constexpr std::pair<std::string_view, QueueVerb> verb_names[] = {
    {"retry", QueueVerb::retry},   {"hold", QueueVerb::hold},     {"release", QueueVerb::release},
    {"delete", QueueVerb::remove}, {"expire", QueueVerb::expire}, {"requeue", QueueVerb::requeue},
};

constexpr std::string_view past_forms[] = {"made due", "held", "released", "deleted", "expired", "requeued"};

tl::expected<void, SpoolError> apply(Spool& spool, std::vector<Change> changes) {
  std::promise<tl::expected<void, SpoolError>> result;
  spool.apply(std::move(changes), [&result](auto applied) { result.set_value(applied); });
  return result.get_future().get();
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

tl::expected<std::vector<MessageId>, SpoolError> change_messages(Spool& spool, QueueVerb verb,
                                                                 const QueueFilter& filter, SystemTime now) {
  std::vector<MessageId> hit;
  std::vector<Change> changes;
  tl::expected<void, SpoolError> applied;
  const auto flush = [&] {
    for (const auto& change : changes) hit.push_back(change.id);
    applied = apply(spool, std::exchange(changes, {}));
    return applied.has_value();
  };
  const auto look = [&](const Envelope& envelope) {
    if (!filter.matches(envelope, now)) return true;
    if (auto change = change_of(verb, envelope, now)) changes.push_back(*std::move(change));
    return changes.size() < changes_at_once || flush();
  };
  if (filter.ids.empty()) {
    spool.for_each(look);
  } else {
    for (const auto id : filter.ids)
      if (const auto envelope = spool.find(id); envelope && !look(*envelope)) break;
  }
  if (applied && !changes.empty()) flush();
  if (!applied) return tl::unexpected(applied.error());
  return hit;
}

int queue_change(QueueVerb verb, QueueOptions options) {
  if (options.filter.is_empty() && !options.all)
    return complain("which messages? give queue IDs, a filter or --all", exit_usage);
  const auto place = find_queue(options);
  if (!place) return complain(place.error(), exit_failed);
  // Opening for change would create a queue that is not there.
  if (const auto looked = open_spool_read_only(*place); !looked) return complain(looked.error(), exit_failed);
  auto spool = open_spool(*place);
  if (!spool) return complain(spool.error(), exit_temporary);
  int code = exit_done;
  for (const auto id : options.filter.ids)
    if (!(*spool)->find(id)) code = complain(to_string(id) + ": no such message", exit_failed);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto hit = change_messages(**spool, verb, options.filter, now);
  if (!hit)
    return complain(hit.error() == SpoolError::full ? "the disk is full" : "writing to the queue failed",
                    exit_temporary);
  fmt::print("{} message{} {}\n", hit->size(), hit->size() == 1 ? "" : "s", past_forms[static_cast<std::size_t>(verb)]);
  return code;
}

}  // namespace gateway::cli
