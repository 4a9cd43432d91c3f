#include "gateway/assembly/loop_delivery_resolver.hpp"

#include "gateway/resolve/header_rewriting.hpp"
#include "gateway/resolve/recipient_search.hpp"
#include "gateway/resolve/rewriting.hpp"
#include "gateway/resolve/transport_result.hpp"

namespace gateway {

struct LoopDeliveryResolver::State {
  State(std::shared_ptr<const Generation> generation, const LoopParts& parts)
      : maps(generation, parts.loop, parts.observers),
        rules(make_address_rules(generation->config,
                                 [this](const config::MapRefs& references) { return maps.open_all(references); })) {}

  LoopMaps maps;
  std::shared_ptr<const AddressRules> rules;
};

namespace {

Delivery undeliverable(Delivery::Kind kind, std::string dsn, std::string reply) {
  Delivery delivery;
  delivery.kind = kind;
  delivery.dsn = std::move(dsn);
  delivery.reply = std::move(reply);
  return delivery;
}

Delivery delivery_of(const RecipientSearch& search) {
  const auto& answer = search.answer.answer;
  if (answer.is_unavailable()) return undeliverable(Delivery::Kind::defer, "4.3.0", "temporary lookup failure");
  if (answer.is_absent())
    return search.answer.relocated
               ? undeliverable(Delivery::Kind::fail, "5.1.6", "User has moved to " + answer.joined())
               : undeliverable(Delivery::Kind::fail, "5.1.1", "unknown user");
  // A group that appeared under this address after the message was taken: what was promised was a mailbox.
  if (search.answer.expands) return undeliverable(Delivery::Kind::defer, "4.3.0", "address has become an alias");
  return search.answer.delivery;
}

using OutboundResult = tl::expected<OutboundForm, std::string>;

/// One run of the rewriting of one message; nullopt: pending. All questions are open at once.
std::optional<OutboundResult> outbound_form(Resolution& resolution, const AddressRules& rules,
                                            const lookup::Address& sender,
                                            const std::vector<lookup::Address>& recipients, const std::string& header) {
  bool pending = false;
  std::optional<std::string> failure;
  const auto rewritten = [&](const lookup::Address& address) {
    auto result = rewrite_generic(resolution, rules, address);
    if (!result)
      pending = true;
    else if (!*result)
      failure = result->error().detail;
    else
      return std::move(**result);
    return address;
  };
  OutboundForm form;
  form.sender = rewritten(sender);
  for (const auto& recipient : recipients) form.recipients.push_back(rewritten(recipient));
  auto changed = rewrite_header_generic(resolution, rules, header);
  if (!changed)
    pending = true;
  else if (!*changed)
    failure = changed->error().detail;
  else
    form.header = std::move(**changed);
  if (failure) return OutboundResult(tl::unexpect, std::move(*failure));
  if (pending) return std::nullopt;
  return OutboundResult(std::move(form));
}

}  // namespace

bool LoopDeliveryResolver::rewrites_outbound() const {
  return !state_->rules->generic.empty();
}

void LoopDeliveryResolver::rewrite_outbound(const Envelope& envelope, std::string header, Rewritten done) {
  std::vector<lookup::Address> recipients;
  for (const auto& recipient : envelope.recipients) recipients.push_back(recipient.address);
  run_resolution<OutboundResult>(
      std::make_shared<Resolution>(),
      [state = state_, sender = envelope.sender, recipients = std::move(recipients), header = std::move(header)](
          Resolution& resolution) { return outbound_form(resolution, *state->rules, sender, recipients, header); },
      std::move(done));
}

LoopDeliveryResolver::LoopDeliveryResolver(std::shared_ptr<const Generation> generation, LoopParts parts)
    : parts_(std::move(parts)), state_(std::make_shared<State>(std::move(generation), parts_)) {}

LoopDeliveryResolver::~LoopDeliveryResolver() = default;

void LoopDeliveryResolver::use(std::shared_ptr<const Generation> generation) {
  state_ = std::make_shared<State>(std::move(generation), parts_);
}

void LoopDeliveryResolver::resolve(const Envelope& envelope, const EnvelopeRecipient& recipient,
                                   std::function<void(Delivery)> done) {
  run_resolution<RecipientSearch>(
      std::make_shared<Resolution>(),
      [state = state_, sender = envelope.sender, address = recipient.address](Resolution& resolution) {
        auto search = search_recipient(resolution, *state->rules, address, FollowAliases::no);
        if (search && !search->answer.expands &&
            !apply_sender_relayhost(resolution, *state->rules, sender, search->answer.delivery))
          search.reset();
        return search;
      },
      [this, state = state_, address = recipient.address, filter = envelope.filter,
       done = std::move(done)](const RecipientSearch& search) {
        if (search.answer.answer.is_unavailable())
          parts_.log.warning(Program::qmgr, "recipient " + address.to_string() +
                                                " cannot be looked up: " + search.answer.answer.detail);
        auto delivery = delivery_of(search);
        apply_filter(*state->rules, filter, address, delivery);
        done(std::move(delivery));
      });
}

}  // namespace gateway
