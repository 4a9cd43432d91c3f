#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/delivery/active_message.hpp"
#include "gateway/delivery/bounce.hpp"
#include "gateway/delivery/delivery_metrics.hpp"
#include "gateway/delivery/lanes.hpp"
#include "gateway/delivery/maildir_thread.hpp"
#include "gateway/delivery/outcome_recorder.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/net/asio.hpp"

namespace gateway {

/// The queue's work on the delivery loop: messages are taken up, their recipients resolved and dispatched, outcomes
/// gathered and recorded. Callbacks hold it weakly, so that it may go while something is under way.
class QueueLoop : public std::enable_shared_from_this<QueueLoop> {
 public:
  explicit QueueLoop(Queue::Parts parts);
  ~QueueLoop();

  void open();  // once, when it is held by a shared_ptr
  void accept(StoredMessage message, std::vector<Delivery> deliveries);
  void start();
  void reload(std::shared_ptr<const config::Config> config);
  std::size_t retry(const std::vector<MessageId>& ids);
  void obey(QueueVerb verb, const std::vector<MessageId>& ids);
  void stop(std::chrono::seconds grace, std::function<void()> done);
  void shut_down();
  std::string describe() const { return lanes_->describe(); }

 private:
  using MessagePtr = std::shared_ptr<ActiveMessage>;
  struct Accepted {
    StoredMessage message;
    std::vector<Delivery> deliveries;
  };

  // Taking up (queue_loop.cpp).
  void take_intake();
  bool has_room() const;
  void take_up(StoredMessage stored, std::vector<Delivery> deliveries, bool from_spool);
  void resolve(const MessagePtr& message);
  void prepare(const MessagePtr& message);
  bool leaves_by_smtp(const ActiveMessage& message, std::size_t recipient) const;
  void dispatch(const MessagePtr& message);
  void submit_maildir(const MessagePtr& message, std::uint32_t recipient);
  void flush_maildir();

  // Outcomes (queue_outcomes.cpp).
  void take_ending(Lanes::Ending ending);
  void take_maildir(std::vector<MaildirJob> jobs);
  void decide_at_once(const MessagePtr& message, std::uint32_t recipient);
  void note(const MessagePtr& message, std::uint32_t recipient, Outcome outcome, std::string_view relay,
            Program program, RouteSeries& series, const Delays& delays);
  void advance(const MessagePtr& message);
  void end_attempt(const MessagePtr& message);
  void send_report(const MessagePtr& message, ReportKind kind, const std::vector<std::uint32_t>& recipients,
                   std::function<void(bool)> done);
  void settle(const MessagePtr& message, bool reported);
  void release(const MessagePtr& message);

  // Runs (queue_runs.cpp).
  void run();
  void wake_at(SystemTime when);
  void refresh_gauges();
  void arm_gauges();
  void wait_for_quiet(std::chrono::steady_clock::time_point limit, std::function<void()> done);

  asio::io_context& loop_;
  Spool& spool_;
  DeliveryResolver& resolver_;
  lookup::Resolver& dns_;
  Log& log_;
  std::shared_ptr<DeliveryMetrics> metrics_;
  std::shared_ptr<const config::Config> config_;
  std::shared_ptr<OutcomeRecorder> recorder_;
  std::shared_ptr<Lanes> lanes_;
  std::unique_ptr<MaildirThread> maildir_;

  std::mutex intake_mutex_;
  std::vector<Accepted> intake_;  // guarded by intake_mutex_
  bool intake_posted_ = false;    // guarded by intake_mutex_

  std::unordered_map<std::uint64_t, MessagePtr> active_;
  std::size_t held_octets_ = 0;
  std::vector<MaildirJob> maildir_jobs_;
  bool maildir_posted_ = false;
  std::size_t maildir_busy_ = 0;

  // New messages that a run found before their accept() came, so that they are not delivered twice.
  std::unordered_set<std::uint64_t> found_early_;
  std::deque<std::uint64_t> found_early_order_;

  asio::steady_timer run_timer_, gauge_timer_, quiet_timer_;
  SystemTime wake_{};
  bool started_ = false;
  bool left_behind_ = false;  // the spool has due messages that did not fit
  bool stopping_ = false;
};

}  // namespace gateway
