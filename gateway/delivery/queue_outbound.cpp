// Addresses on the way out: what servers reached by SMTP are shown of a message.
#include "gateway/delivery/maildir_message.hpp"
#include "gateway/delivery/queue_loop.hpp"

namespace gateway {

namespace {

/// The header section when it is whole; of one that is longer than what is looked at, nothing is changed.
std::string whole_header(const Content& content) {
  std::string buffer;
  const auto header = header_of(content, buffer);
  char next[2];
  const auto got = content.read(header.size(), next, sizeof next);
  const bool whole = got == 0 || (got == 2 && next[0] == '\r' && next[1] == '\n');
  return whole ? std::string(header) : std::string();
}

}  // namespace

bool QueueLoop::leaves_by_smtp(const ActiveMessage& message, std::size_t recipient) const {
  if (message.stored.envelope.recipients[recipient].state != RecipientState::pending) return false;
  const Delivery& delivery = message.deliveries[recipient];
  if (delivery.kind != Delivery::Kind::relay) return false;
  for (const auto& route : config_->routes)
    if (route.name == delivery.route) return route.protocol == config::Protocol::smtp;
  return true;
}

void QueueLoop::prepare(const MessagePtr& message) {
  bool leaves = false;
  if (resolver_.rewrites_outbound() && message->stored.content)
    for (std::size_t at = 0; at < message->deliveries.size() && !leaves; ++at) leaves = leaves_by_smtp(*message, at);
  if (!leaves) return dispatch(message);
  auto header = whole_header(*message->stored.content);
  const std::uint64_t size = header.size();
  resolver_.rewrite_outbound(message->stored.envelope, std::move(header),
                             [weak = weak_from_this(), message, size](tl::expected<OutboundForm, std::string> form) {
                               auto self = weak.lock();
                               if (!self || self->stopping_) return;
                               if (form) {
                                 form->header_size = size;
                                 message->outbound = std::make_shared<const OutboundForm>(std::move(*form));
                               } else {
                                 self->log_.warning(Program::qmgr,
                                                    message->queue_id + ": rewriting for the way out: " + form.error());
                                 for (std::size_t at = 0; at < message->deliveries.size(); ++at) {
                                   if (!self->leaves_by_smtp(*message, at)) continue;
                                   Delivery& delivery = message->deliveries[at];
                                   delivery = {};
                                   delivery.reply = "temporary lookup failure";
                                   delivery.dsn = "4.3.0";
                                 }
                               }
                               self->dispatch(message);
                             });
}

}  // namespace gateway
