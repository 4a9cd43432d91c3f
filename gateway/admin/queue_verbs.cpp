#include "gateway/admin/queue_verbs.hpp"

#include "gateway/spool/queue_change.hpp"

namespace gateway {

namespace {

std::vector<MessageId> parse_ids(const std::vector<std::string>& words) {
  std::vector<MessageId> ids;
  for (std::size_t i = 2; i < words.size(); ++i)
    if (const auto id = parse_message_id(words[i])) ids.push_back(*id);
  return ids;
}

}  // namespace

void run_queue_verb(Queue& queue, Spool& spool, const ControlRequest& request, const DeliveryLoop& on_delivery_loop,
                    std::function<void(ControlAnswer)> done) {
  if (request.words.size() > 1 && request.words[1] == "active") {
    std::string text;
    for (const MessageId id : queue.active()) text += to_string(id) + '\n';
    return done({0, std::move(text)});
  }
  const auto verb = request.words.size() > 1 ? parse_queue_verb(request.words[1]) : std::nullopt;
  if (!verb) {
    done({64, "unknown queue command"});
    return;
  }
  const auto ids = parse_ids(request.words);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::vector<Change> changes;
  std::vector<MessageId> changed;
  for (const auto id : ids) {
    const auto envelope = spool.find(id);
    if (!envelope || !concerns(*verb, *envelope)) continue;
    changes.push_back({id, QueueOrder{*verb, now}});
    changed.push_back(id);
  }
  // First on disk, then told to the queue, then answered: when the operator reads "held", nothing more of it starts.
  spool.apply(std::move(changes), [&queue, verb = *verb, changed = std::move(changed), on_delivery_loop,
                                   done = std::move(done)](const tl::expected<void, SpoolError>& applied) {
    if (!applied) {
      done({75, applied.error() == SpoolError::full ? "the disk is full" : "writing to the queue failed"});
      return;
    }
    on_delivery_loop([&queue, verb, changed, done] {
      queue.obey(verb, changed);
      done({0, std::to_string(changed.size())});
    });
  });
}

}  // namespace gateway
