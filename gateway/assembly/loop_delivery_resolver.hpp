#pragma once

#include <memory>

#include "gateway/assembly/loop_services.hpp"
#include "gateway/delivery/queue.hpp"

namespace gateway {

/// Says how queued recipients are reached, on the delivery loop. use() switches to a new configuration; questions that
/// are open finish under the old one.
class LoopDeliveryResolver final : public DeliveryResolver {
 public:
  LoopDeliveryResolver(std::shared_ptr<const Generation> generation, LoopParts parts);
  ~LoopDeliveryResolver() override;

  void use(std::shared_ptr<const Generation> generation);

  void resolve(const Envelope& envelope, const EnvelopeRecipient& recipient,
               std::function<void(Delivery)> done) override;

  bool rewrites_outbound() const override;
  void rewrite_outbound(const Envelope& envelope, std::string header, Rewritten done) override;

 private:
  struct State;
  LoopParts parts_;
  std::shared_ptr<State> state_;
};

}  // namespace gateway
