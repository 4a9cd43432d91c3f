#include "gateway/assembly/loop_delivery_resolver.hpp"

#include "gateway/resolve/recipient_search.hpp"
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

}  // namespace

LoopDeliveryResolver::LoopDeliveryResolver(std::shared_ptr<const Generation> generation, LoopParts parts)
    : parts_(std::move(parts)), state_(std::make_shared<State>(std::move(generation), parts_)) {}

LoopDeliveryResolver::~LoopDeliveryResolver() = default;

void LoopDeliveryResolver::use(std::shared_ptr<const Generation> generation) {
  state_ = std::make_shared<State>(std::move(generation), parts_);
}

void LoopDeliveryResolver::resolve(const Envelope& envelope, const EnvelopeRecipient& recipient,
                                   std::function<void(Delivery)> done) {
  if (!recipient.target.empty()) {
    auto delivery = delivery_of_target(*state_->rules->config, recipient.target);
    apply_filter(*state_->rules, envelope.filter, recipient.address, delivery);
    return done(std::move(delivery));
  }
  run_resolution<RecipientSearch>(
      std::make_shared<Resolution>(),
      [state = state_, address = recipient.address](Resolution& resolution) {
        return search_recipient(resolution, *state->rules, address, FollowAliases::no);
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
