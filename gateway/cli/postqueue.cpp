#include <fmt/core.h>

#include <iterator>

#include "gateway/cli/program_names.hpp"
#include "gateway/cli/queue_change.hpp"
#include "gateway/cli/queue_text.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/short_options.hpp"
#include "gateway/cli/verbs.hpp"

/// `postqueue` and `mailq`: the queue under the names and options of Postfix.
namespace gateway::cli {

namespace {

int usage() {
  std::fputs(
      "usage: postqueue [-c FILE] -p | -j | -f | -i ID | -s SITE\n"
      "       mailq [-c FILE]\n",
      stderr);
  return exit_usage;
}

std::string_view queue_name_of(const Envelope& envelope, bool active) {
  if (envelope.state == MessageState::hold) return "hold";
  if (envelope.state == MessageState::corrupt) return "corrupt";
  return active ? "active" : envelope.attempts > 0 ? "deferred" : "incoming";
}

/// One object a line, with the field names of Postfix.
void append_postfix_json(std::string& into, const Envelope& envelope, bool active) {
  const auto arrival = std::chrono::floor<std::chrono::seconds>(envelope.arrival).time_since_epoch().count();
  fmt::format_to(
      std::back_inserter(into),
      R"({{"queue_name": "{}", "queue_id": "{}", "arrival_time": {}, "message_size": {}, "forced_expire": {}, )"
      R"("sender": )",
      queue_name_of(envelope, active), to_string(envelope.id), arrival, envelope.size, envelope.expired);
  append_json(into, envelope.sender.is_null() ? "MAILER-DAEMON" : envelope.sender.to_string());
  into += R"(, "recipients": [)";
  bool first = true;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.state != RecipientState::pending) continue;
    into += first ? R"({"address": )" : R"(, {"address": )";
    first = false;
    append_json(into, recipient.address.to_string());
    if (!recipient.last_reply.empty()) {
      into += R"(, "delay_reason": )";
      append_json(into, recipient.last_reply);
    }
    into += '}';
  }
  into += "]}\n";
}

int list_as_json(QueueOptions options) {
  const auto spool = open_queue_to_read(options);
  if (!spool) return complain(spool.error(), exit_unavailable);
  const auto active = ask_for_active(options);
  Output output;
  (*spool)->for_each([&](const Envelope& envelope) {
    append_postfix_json(output.text(), envelope, active.contains(envelope.id.value));
    return output.step();
  });
  return output.flush() ? exit_done : exit_failed;
}

int list(QueueOptions options) {
  // A daemon that never ran has no queue yet.
  return queue_list(std::move(options)) == exit_done ? exit_done : exit_unavailable;
}

int retry(QueueOptions options) {
  std::size_t hits = 0;
  options.hits = &hits;
  options.all = options.filter.is_empty();
  return queue_change(QueueVerb::retry, std::move(options));
}

}  // namespace

int run_postqueue(std::span<const std::string> arguments) {
  const auto given = parse_short_options("postqueue", "c:fi:jps:v", arguments);
  if (!given || !given->rest.empty()) return usage();
  QueueOptions options;
  options.config_file = given->value('c');
  if (given->has('p')) return list(std::move(options));
  if (given->has('j')) return list_as_json(std::move(options));
  if (given->has('i')) {
    const auto id = parse_message_id(given->value('i'));
    if (!id) return complain("\"" + given->value('i') + "\" is not a queue ID", exit_usage);
    options.filter.ids = {*id};
    return retry(std::move(options));
  }
  if (given->has('s')) {
    options.filter.domain = given->value('s');
    if (options.filter.domain.empty()) return usage();
    return retry(std::move(options));
  }
  return given->has('f') ? retry(std::move(options)) : usage();
}

int run_mailq(std::span<const std::string> arguments) {
  const auto given = parse_short_options("mailq", "c:C:v", arguments);
  if (!given) return usage();
  QueueOptions options;
  options.config_file = given->value('c');
  return list(std::move(options));
}

}  // namespace gateway::cli
