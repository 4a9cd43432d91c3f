// What content_checks found in a message that has arrived.
#include <fmt/core.h>

#include "gateway/smtp/session.hpp"

namespace gateway {

/// Ends the check: what it wants is added to what restrictions want, and what it did is logged as cleanup(8) does.
void Session::finish_check() {
  auto& check = *transaction_->check;
  check.finish();
  if (check.refusal()) transaction_->intake->refuse(*check.refusal());
  merge(transaction_->effects, policy::Effects(check.effects()));
  std::string words;
  if (!transaction_->recipients.empty()) {
    words = fmt::format(" from=<{}> to=<{}> proto={}", transaction_->sender.to_string(),
                        transaction_->recipients.front().address.to_string(), facts_.protocol);
    if (!facts_.helo.empty()) words += fmt::format(" helo=<{}>", facts_.helo);
  }
  for (const auto& event : check.events()) {
    const bool is_reject = event.kind == ContentAction::Kind::reject;
    const std::string text = is_reject ? fmt::format("{} {}", check.refusal()->dsn, check.refusal()->text) : event.text;
    parts_->log.write(Program::cleanup, Level::info, to_string(event.kind), queue_id(),
                      fmt::format("{}: {} from {};{}{}{}", to_string(event.kind), event.what, client_, words,
                                  text.empty() ? "" : ": ", text),
                      {{"client", client_}, {"matched", event.what}, {"text", text}});
  }
}

}  // namespace gateway
