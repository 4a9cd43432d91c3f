#include "policy/question.hpp"

namespace policy {

const lookup::Answer* Answers::find(Ask ask, std::string_view where, std::string_view key) const {
  for (const auto& known : known_)
    if (known.question.ask == ask && known.question.key == key && known.question.where == where) return &known.answer;
  return nullptr;
}

void Answers::add(Question question, lookup::Answer answer) {
  known_.push_back({std::move(question), std::move(answer)});
}

}  // namespace policy
