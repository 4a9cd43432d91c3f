#include "gateway/cli/queue_text.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

int queue_list(QueueOptions options) {
  const auto spool = open_queue_to_read(options);
  if (!spool) return complain(spool.error(), exit_failed);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto active = options.json ? std::unordered_set<std::uint64_t>() : ask_for_active(options);
  Output output;
  std::uint64_t messages = 0, bytes = 0;
  const auto show = [&](const Envelope& envelope) {
    if (!options.filter.matches(envelope, now)) return true;
    if (messages == 0 && !options.json) output.text() += mailq_header();
    ++messages;
    bytes += envelope.size;
    if (options.json)
      append_json_line(output.text(), envelope);
    else
      append_mailq(output.text(), envelope, active.contains(envelope.id.value));
    return output.step();
  };
  if (options.filter.ids.empty()) {
    (*spool)->for_each(show);
  } else {
    for (const auto id : options.filter.ids)
      if (const auto envelope = (*spool)->find(id)) show(*envelope);
  }
  if (!options.json) output.text() += mailq_total(messages, bytes);
  return output.flush() ? exit_done : exit_failed;
}

}  // namespace gateway::cli
