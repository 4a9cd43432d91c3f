#include "gateway/cli/queue_change.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <future>

#include "gateway/admin/control_socket.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

namespace {

constexpr std::size_t changes_at_once = 500;

tl::expected<void, SpoolError> apply(Spool& spool, std::vector<Change> changes) {
  std::promise<tl::expected<void, SpoolError>> result;
  spool.apply(std::move(changes), [&result](auto applied) { result.set_value(applied); });
  return result.get_future().get();
}

}  // namespace

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
    if (concerns(verb, envelope)) changes.push_back({envelope.id, QueueOrder{verb, now}});
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

namespace {

void report(QueueVerb verb, const QueueOptions& options, std::size_t hit) {
  if (options.hits != nullptr)
    *options.hits += hit;
  else
    fmt::print("{} message{} {}\n", hit, hit == 1 ? "" : "s", past_form(verb));
}

/// Lists what would be changed, in the words of a listing, and changes nothing.
int rehearse(QueueVerb verb, const QueueOptions& options, const SpoolOptions& place) {
  const auto spool = open_spool_read_only(place);
  if (!spool) return complain(spool.error(), exit_failed);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  int code = exit_done;
  std::size_t hit = 0;
  const auto look = [&](const Envelope& envelope) {
    if (!options.filter.matches(envelope, now) || !concerns(verb, envelope)) return true;
    ++hit;
    fmt::print("{} {} <{}>\n", to_string(envelope.id), state_of(envelope), envelope.sender.to_string());
    return true;
  };
  if (options.filter.ids.empty()) {
    (*spool)->for_each(look);
  } else {
    for (const auto id : options.filter.ids) {
      const auto envelope = (*spool)->find(id);
      if (envelope)
        look(*envelope);
      else
        code = complain(to_string(id) + ": no such message", exit_failed);
    }
  }
  fmt::print("{} message{} would be {}\n", hit, hit == 1 ? "" : "s", past_form(verb));
  return code;
}

/// The daemon makes the change, so that it knows of it at once. nullopt when no daemon answers.
std::optional<int> change_by_daemon(QueueVerb verb, const QueueOptions& options, const SpoolOptions& place) {
  if (options.control_socket.empty() || !ask_daemon(options.control_socket, {{"status"}}, 5)) return std::nullopt;
  const auto spool = open_spool_read_only(place);
  if (!spool) return complain(spool.error(), exit_failed);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::vector<std::string> ids;
  int code = exit_done;
  if (options.filter.ids.empty()) {
    (*spool)->for_each([&](const Envelope& envelope) {
      if (options.filter.matches(envelope, now)) ids.push_back(to_string(envelope.id));
      return true;
    });
  } else {
    for (const auto id : options.filter.ids) {
      const auto envelope = (*spool)->find(id);
      if (!envelope) code = complain(to_string(id) + ": no such message", exit_failed);
      if (envelope && options.filter.matches(*envelope, now)) ids.push_back(to_string(id));
    }
  }
  std::size_t hit = 0;
  for (std::size_t first = 0; first < ids.size(); first += changes_at_once) {
    ControlRequest request{{"queue", std::string(to_string(verb))}};
    const auto last = std::min(ids.size(), first + changes_at_once);
    request.words.insert(request.words.end(), ids.begin() + static_cast<std::ptrdiff_t>(first),
                         ids.begin() + static_cast<std::ptrdiff_t>(last));
    const auto answer = ask_daemon(options.control_socket, request);
    if (!answer) return complain(answer.error(), exit_temporary);
    if (answer->exit_code != 0) return complain(answer->text, answer->exit_code);
    hit += static_cast<std::size_t>(std::strtoull(answer->text.c_str(), nullptr, 10));
  }
  report(verb, options, hit);
  return code;
}

}  // namespace

int queue_change(QueueVerb verb, QueueOptions options) {
  if (options.filter.is_empty() && !options.all)
    return complain("which messages? give queue IDs, a filter or --all", exit_usage);
  const auto place = find_queue(options);
  if (!place) return complain(place.error(), exit_failed);
  if (options.dry_run) return rehearse(verb, options, *place);
  if (const auto code = change_by_daemon(verb, options, *place)) return *code;
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
  report(verb, options, hit->size());
  return code;
}

}  // namespace gateway::cli
