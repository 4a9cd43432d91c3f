#include <fmt/core.h>

#include "gateway/smtp/refusal_reference.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

std::string_view Session::queue_id() const {
  return transaction_ && !transaction_->queue_id.empty() ? std::string_view(transaction_->queue_id) : "NOQUEUE";
}

void Session::log_connect() {
  parts_->log.write(Program::smtpd, Level::info, "connect", {}, fmt::format("connect from {}", client_),
                    {{"client", client_}, {"listener", parts_->listener_config().name}});
}

void Session::log_disconnect() {
  parts_->log.write(Program::smtpd, Level::info, "disconnect", {},
                    fmt::format("disconnect from {}{}", client_, counts_.to_string()), {{"client", client_}});
}

void Session::log_client() {
  std::string text = fmt::format("client={}", client_);
  if (!facts_.login.empty())
    text += fmt::format(", sasl_method={}, sasl_username={}", facts_.sasl_method, facts_.login);
  if (!facts_.sasl_sender.empty()) text += fmt::format(", sasl_sender={}", facts_.sasl_sender);
  text += forwarded_;
  parts_->log.write(Program::smtpd, Level::info, "client", queue_id(), text,
                    {{"client", client_}, {"login", facts_.login}, {"listener", parts_->listener_config().name}});
}

std::string Session::transaction_words() const {
  std::string words;
  const bool with_recipient = facts_.has_recipient;
  if (facts_.has_sender) words += fmt::format(" from=<{}>", facts_.sender.to_string());
  if (with_recipient) words += fmt::format(" to=<{}>", facts_.recipient.to_string());
  words += fmt::format(" proto={}", facts_.protocol);
  if (!facts_.helo.empty()) words += fmt::format(" helo=<{}>", facts_.helo);
  return words;
}

void Session::log_reject(const Reply& reply, policy::Reason reason, policy::Stage stage) {
  parts_->metrics.reject(stage, reason, reply.code);
  reference_ = next_refusal_reference();
  const std::string said = to_string(reply);
  const std::string sender = facts_.sender.to_string(), recipient = facts_.recipient.to_string();
  parts_->log.write(
      Program::smtpd, Level::info, "reject", queue_id(),
      fmt::format("reject: {} from {}: {};{} ref={}", where_, client_, said, transaction_words(), reference_),
      {{"client", client_},
       {"stage", where_},
       {"reply", said},
       {"reason", policy::to_string(reason == policy::Reason::none ? policy::Reason::restriction : reason)},
       {"sender", sender},
       {"recipient", recipient},
       {"helo", facts_.helo},
       {"reference", reference_}});
}

void Session::log_action(std::string_view action, std::string_view text) {
  parts_->log.write(Program::smtpd, Level::info, action, queue_id(),
                    fmt::format("{}: {} from {}: {};{}", action, where_, client_, text, transaction_words()),
                    {{"client", client_}, {"stage", where_}});
}

void Session::log_warning(std::string_view text) {
  parts_->log.warning(Program::smtpd, text);
}

}  // namespace gateway
