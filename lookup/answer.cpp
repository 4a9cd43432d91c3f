#include "lookup/answer.hpp"

namespace lookup {

std::string_view to_string(Unavailable reason) {
  switch (reason) {
    case Unavailable::none:
      return "none";
    case Unavailable::unreachable:
      return "unreachable";
    case Unavailable::timed_out:
      return "timed_out";
    case Unavailable::rejected_credentials:
      return "rejected_credentials";
    case Unavailable::malformed:
      return "malformed";
    case Unavailable::too_many_results:
      return "too_many_results";
    case Unavailable::misconfigured:
      return "misconfigured";
  }
  return "unknown";
}

Answer Answer::found(std::string value) {
  Answer answer;
  answer.kind = Kind::found;
  answer.values.push_back(std::move(value));
  return answer;
}

std::string Answer::joined() const {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ", ";
    text += value;
  }
  return text;
}

}  // namespace lookup
