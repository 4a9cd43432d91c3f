#include <fmt/core.h>

#include <iterator>

#include "gateway/cli/queue_text.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

namespace {

void append_field(std::string& into, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  fmt::format_to(std::back_inserter(into), "{:<12} ", name);
  append_printable(into, value);
  into += '\n';
}

void append_recipient(std::string& into, const EnvelopeRecipient& recipient) {
  static constexpr std::string_view states[] = {"waiting", "delivered", "failed"};
  append_field(into, "recipient", recipient.address.to_string());
  append_field(into, "  state", states[static_cast<std::size_t>(recipient.state)]);
  append_field(into, "  original", recipient.original);
  append_field(into, "  orcpt", recipient.orcpt);
  append_field(into, "  reason", recipient.last_reply);
  append_field(into, "  dsn", recipient.last_dsn);
}

void append_message(std::string& into, const Envelope& envelope) {
  append_field(into, "id", to_string(envelope.id));
  append_field(into, "state", state_of(envelope));
  append_field(into, "arrival", local_text(envelope.arrival));
  append_field(into, "size", std::to_string(envelope.size));
  if (envelope.state == MessageState::corrupt) return;
  append_field(into, "sender", envelope.sender.is_null() ? "<>" : envelope.sender.to_string());
  append_field(into, "attempts", std::to_string(envelope.attempts));
  if (envelope.state == MessageState::queued) append_field(into, "next try", local_text(envelope.next_try));
  if (envelope.expired) append_field(into, "expired", "yes, goes back to the sender at the next attempt");
  append_field(into, "client",
               envelope.client_name.empty() ? envelope.client_address
                                            : envelope.client_name + "[" + envelope.client_address + "]");
  append_field(into, "helo", envelope.helo);
  append_field(into, "protocol", envelope.protocol);
  append_field(into, "login", envelope.login);
  append_field(into, "envid", envelope.envid);
  append_field(into, "filter", envelope.filter);
  append_field(into, "redirect", envelope.redirect);
  for (const auto& recipient : envelope.recipients) append_recipient(into, recipient);
}

/// Calls `show` with each message named on the command line; a missing one is told and makes the command fail.
template <typename Show>
int for_named(QueueOptions& options, Show show) {
  if (options.filter.ids.empty()) return complain("which message? give its queue ID", exit_usage);
  const auto spool = open_queue_to_read(options);
  if (!spool) return complain(spool.error(), exit_failed);
  int code = exit_done;
  for (const auto id : options.filter.ids) {
    const auto envelope = (*spool)->find(id);
    if (!envelope)
      code = complain(to_string(id) + ": no such message", exit_failed);
    else if (const int shown = show(**spool, *envelope))
      code = shown;
  }
  return code;
}

}  // namespace

int queue_show(QueueOptions options) {
  Output output;
  return for_named(options, [&](Spool&, const Envelope& envelope) {
    if (options.json)
      append_json_line(output.text(), envelope);
    else
      append_message(output.text(), envelope);
    return output.flush() ? exit_done : exit_failed;
  });
}

int queue_cat(QueueOptions options) {
  Output output;
  return for_named(options, [&](Spool& spool, const Envelope& envelope) {
    const auto content = spool.open_content(envelope);
    if (!content) return complain(to_string(envelope.id) + ": its content is missing", exit_failed);
    char piece[65536];
    std::int64_t got = 0;
    for (std::uint64_t at = 0; (got = content->read(at, piece, sizeof piece)) > 0;
         at += static_cast<std::uint64_t>(got)) {
      output.text().append(piece, static_cast<std::size_t>(got));
      if (!output.step()) return exit_failed;
    }
    if (got < 0) return complain(to_string(envelope.id) + ": its content cannot be read", exit_failed);
    return output.flush() ? exit_done : exit_failed;
  });
}

}  // namespace gateway::cli
