#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/net/asio.hpp"
#include "gateway/smtp/services.hpp"
#include "policy/facts.hpp"
#include "policy/question.hpp"

namespace gateway {

/// The questions that a session asks for its judgements, and the answers so far.
///
/// Each question is asked once, as early as somebody foresees it, all of them in parallel; a judgement then waits only
/// for those that it needs and that are still open. Belongs to the shard's loop. Answers that come after the session
/// has gone are dropped.
class Inquiry {
 public:
  Inquiry(asio::io_context& loop, std::shared_ptr<Services> services);

  const policy::Answers& answers() const { return state_->answers; }

  /// Asks what was not asked yet. Questions of recipient_listed mean facts.mapped_recipient.
  void ask(const std::vector<policy::Question>& questions, const policy::Facts& facts);

  /// True when all of these are answered: no need to wait.
  bool knows(const std::vector<policy::Question>& questions) const;

  /// Waits for the answers to `questions`. What is still open at the limit becomes unavailable (timed out).
  asio::awaitable<void> wait(std::vector<policy::Question> questions, std::chrono::milliseconds limit);

  /// What find_recipient() said of the recipient asked about last, if it was asked.
  std::optional<RecipientAnswer> take_recipient() { return std::exchange(state_->recipient, std::nullopt); }

  /// Forgets answers that hold for one recipient or one moment only (rates, greylisting, policy services, call-ahead),
  /// so that the next recipient asks anew.
  void forget_passing();
  void forget_all();

 private:
  struct State {
    explicit State(asio::io_context& loop) : wake(loop) {}
    void answered(const policy::Question& question, lookup::Answer answer, std::uint64_t era);
    bool is_open(const policy::Question& question) const;

    asio::steady_timer wake;
    policy::Answers answers;
    std::vector<policy::Question> open;
    std::optional<RecipientAnswer> recipient;
    std::uint64_t era = 0;  // answers to questions of an earlier era are dropped
  };

  void start(const policy::Question& question, const policy::Facts& facts);

  std::shared_ptr<Services> services_;
  std::shared_ptr<State> state_;
};

}  // namespace gateway
