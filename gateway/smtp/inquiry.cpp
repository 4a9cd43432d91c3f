#include "gateway/smtp/inquiry.hpp"

#include <algorithm>

namespace gateway {

namespace {

using policy::Ask;
using policy::Question;

bool is_passing(Ask ask) {
  return ask == Ask::recipient_listed || ask == Ask::policy_service || ask == Ask::verify_recipient ||
         ask == Ask::rate || ask == Ask::greylist;
}

/// More answers than this are not worth searching through: thousands of recipients in one session.
constexpr std::size_t kept_answers = 128;

}  // namespace

void Inquiry::State::answered(const Question& question, lookup::Answer answer, std::uint64_t of_era) {
  if (of_era != era) return;
  const auto found = std::find(open.begin(), open.end(), question);
  if (found == open.end()) return;
  open.erase(found);
  answers.add(question, std::move(answer));
  wake.cancel();
}

bool Inquiry::State::is_open(const Question& question) const {
  return std::find(open.begin(), open.end(), question) != open.end();
}

Inquiry::Inquiry(asio::io_context& loop, std::shared_ptr<Services> services)
    : services_(std::move(services)), state_(std::make_shared<State>(loop)) {}

void Inquiry::ask(const std::vector<Question>& questions, const policy::Facts& facts) {
  for (const auto& question : questions)
    if (!state_->is_open(question) && !state_->answers.find(question.ask, question.where, question.key))
      start(question, facts);
}

void Inquiry::start(const Question& question, const policy::Facts& facts) {
  if (question.ask == Ask::recipient_listed) {
    if (auto known = services_->find_recipient_now(facts.mapped_recipient)) {
      state_->answers.add(question, known->answer);
      state_->recipient = std::move(known);
      return;
    }
    state_->open.push_back(question);
    services_->find_recipient(facts.mapped_recipient,
                              [state = state_, question, era = state_->era](RecipientAnswer answer) {
                                if (era != state->era || !state->is_open(question)) return;
                                state->recipient = answer;
                                state->answered(question, std::move(answer.answer), era);
                              });
    return;
  }
  if (auto known = services_->answer_now(question, facts)) {
    state_->answers.add(question, std::move(*known));
    return;
  }
  state_->open.push_back(question);
  services_->answer(question, facts, [state = state_, question, era = state_->era](lookup::Answer answer) {
    state->answered(question, std::move(answer), era);
  });
}

bool Inquiry::knows(const std::vector<Question>& questions) const {
  return std::none_of(questions.begin(), questions.end(),
                      [this](const Question& question) { return state_->is_open(question); });
}

asio::awaitable<void> Inquiry::wait(std::vector<Question> questions, std::chrono::milliseconds limit) {
  const auto state = state_;
  const auto end = std::chrono::steady_clock::now() + limit;
  const auto still_open = [&] {
    return std::any_of(questions.begin(), questions.end(),
                       [&](const Question& question) { return state->is_open(question); });
  };
  while (still_open() && std::chrono::steady_clock::now() < end) {
    state->wake.expires_at(end);
    [[maybe_unused]] auto [error] = co_await state->wake.async_wait(token);
  }
  for (const auto& question : questions)
    if (state->is_open(question))
      state->answered(question, lookup::Answer::unavailable(lookup::Unavailable::timed_out, "no answer in time"),
                      state->era);
}

void Inquiry::forget_passing() {
  auto& state = *state_;
  state.recipient.reset();
  const auto& known = state.answers.all();
  const bool too_many = known.size() > kept_answers;
  if (!too_many &&
      std::none_of(known.begin(), known.end(), [](const auto& entry) { return is_passing(entry.question.ask); }))
    return;
  policy::Answers kept;
  for (const auto& entry : known)
    if (!is_passing(entry.question.ask) && (!too_many || entry.question.ask == Ask::dnsbl))
      kept.add(entry.question, entry.answer);
  state.answers = std::move(kept);
}

void Inquiry::forget_all() {
  state_->answers.clear();
  state_->open.clear();
  state_->recipient.reset();
  ++state_->era;
}

}  // namespace gateway
