#include "lookup/table_text.hpp"

namespace lookup {

namespace {

bool is_ignored(std::string_view line) {
  const std::string_view visible = trimmed(line);
  return visible.empty() || visible.front() == '#';
}

}  // namespace

bool is_space(char letter) {
  return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view TableText::take_physical_line() {
  const std::size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++number_;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool TableText::next(TableLine& line) {
  std::string_view first;
  do {
    if (rest_.empty()) return false;
    first = take_physical_line();
  } while (is_ignored(first));
  line = {number_, first};
  if (is_space(first.front())) starts_indented_ = true;

  bool joined = false;
  while (!rest_.empty()) {
    const std::string_view rest_before = rest_;
    const int number_before = number_;
    const std::string_view more = take_physical_line();
    if (is_ignored(more)) continue;
    if (!is_space(more.front())) {
      rest_ = rest_before;
      number_ = number_before;
      break;
    }
    if (!joined) joined_ = first;
    joined = true;
    joined_ += more;
  }
  if (joined) line.text = joined_;
  return true;
}

}  // namespace lookup
