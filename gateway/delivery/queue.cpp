#include "gateway/delivery/queue.hpp"

#include "gateway/delivery/queue_loop.hpp"

namespace gateway {

namespace {

/// Owns the queue's loop part; what is under way when this goes finds it closed.
class LoopQueue final : public Queue {
 public:
  explicit LoopQueue(Queue::Parts parts) : queue_(std::make_shared<QueueLoop>(std::move(parts))) { queue_->open(); }
  ~LoopQueue() override { queue_->shut_down(); }

  void accept(StoredMessage message, std::vector<Delivery> deliveries) override {
    queue_->accept(std::move(message), std::move(deliveries));
  }
  void start() override { queue_->start(); }
  void reload(std::shared_ptr<const config::Config> config) override { queue_->reload(std::move(config)); }
  std::size_t retry(const std::vector<MessageId>& ids) override { return queue_->retry(ids); }
  void flush_domain(std::string domain) override { queue_->flush_domain(std::move(domain)); }
  void obey(QueueVerb verb, const std::vector<MessageId>& ids) override { queue_->obey(verb, ids); }
  std::vector<MessageId> active() const override { return queue_->active(); }
  void stop(std::chrono::seconds grace, std::function<void()> done) override { queue_->stop(grace, std::move(done)); }
  std::string describe_destinations() const override { return queue_->describe(); }

 private:
  std::shared_ptr<QueueLoop> queue_;
};

}  // namespace

std::unique_ptr<Queue> make_queue(Queue::Parts parts) {
  return std::make_unique<LoopQueue>(std::move(parts));
}

}  // namespace gateway
