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
  const auto verb = request.words.size() > 1 ? parse_queue_verb(request.words[1]) : std::nullopt;
  if (!verb) {
    done({64, "unknown queue command"});
    return;
  }
  const auto ids = parse_ids(request.words);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::vector<Change> changes;
  for (const auto id : ids)
    if (const auto envelope = spool.find(id))
      if (auto change = change_of(*verb, *envelope, now)) changes.push_back(std::move(*change));
  const auto hit = changes.size();
  std::vector<MessageId> changed;
  for (const auto& change : changes) changed.push_back(change.id);
  // First out of the queue's memory, then changed on disk: otherwise an attempt in flight could write the old record.
  queue.forget(changed);
  spool.apply(std::move(changes), [&queue, verb = *verb, changed, hit, on_delivery_loop,
                                   done = std::move(done)](const tl::expected<void, SpoolError>& applied) {
    if (!applied) {
      done({75, applied.error() == SpoolError::full ? "the disk is full" : "writing to the queue failed"});
      return;
    }
    if (verb != QueueVerb::hold && verb != QueueVerb::remove)
      on_delivery_loop([&queue, changed] { queue.retry(changed); });
    done({0, std::to_string(hit)});
  });
}

}  // namespace gateway
