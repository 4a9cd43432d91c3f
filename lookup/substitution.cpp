#include "lookup/substitution.hpp"

#include <fmt/core.h>

#include <charconv>

namespace lookup {

tl::expected<Substitution, std::string> Substitution::parse(std::string_view text, std::uint32_t group_count) {
  Substitution result;
  while (true) {
    const std::size_t dollar = text.find('$');
    result.rest_ += text.substr(0, dollar);
    if (dollar == std::string_view::npos) return result;
    text.remove_prefix(dollar + 1);
    if (!text.empty() && text.front() == '$') {
      result.rest_ += '$';
      text.remove_prefix(1);
      continue;
    }
    const char bracket = !text.empty() && (text.front() == '{' || text.front() == '(') ? text.front() : '\0';
    if (bracket != '\0') text.remove_prefix(1);
    std::size_t group = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), group);
    if (error != std::errc()) return tl::unexpected<std::string>("after $ comes the number of a group, or $$");
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (bracket != '\0') {
      if (text.empty() || text.front() != (bracket == '{' ? '}' : ')')) {
        return tl::unexpected<std::string>("the brackets after $ are not closed");
      }
      text.remove_prefix(1);
    }
    if (group == 0 || group > group_count || group >= Groups::most) {
      return tl::unexpected(fmt::format("${} is used, but the expression has {} groups", group, group_count));
    }
    result.pieces_.push_back({std::move(result.rest_), group});
    result.rest_.clear();
  }
}

std::string Substitution::apply(const Groups& groups) const {
  std::string text;
  for (const auto& piece : pieces_) {
    text += piece.before;
    text += groups.text[piece.group];
  }
  text += rest_;
  return text;
}

}  // namespace lookup
