#include "gateway/cli/short_options.hpp"

#include <algorithm>
#include <cstdio>

namespace gateway::cli {

bool ShortOptions::has(char name) const {
  return std::any_of(options.begin(), options.end(), [&](const ShortOption& option) { return option.name == name; });
}

std::string ShortOptions::value(char name) const {
  std::string last;
  for (const auto& option : options)
    if (option.name == name) last = option.value;
  return last;
}

std::optional<ShortOptions> parse_short_options(std::string_view program, std::string_view known,
                                                std::span<const std::string> arguments) {
  ShortOptions result;
  const auto complain = [&](const char* what, char name) {
    std::fprintf(stderr, "%.*s: %s -- '%c'\n", static_cast<int>(program.size()), program.data(), what, name);
    return std::nullopt;
  };
  std::size_t at = 0;
  for (; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (word.size() < 2 || word[0] != '-') break;
    if (word == "--") {
      ++at;
      break;
    }
    for (std::size_t i = 1; i < word.size(); ++i) {
      const auto place = word[i] == ':' ? std::string_view::npos : known.find(word[i]);
      if (place == std::string_view::npos) return complain("invalid option", word[i]);
      if (place + 1 == known.size() || known[place + 1] != ':') {
        result.options.push_back({word[i], ""});
        continue;
      }
      if (i + 1 < word.size())
        result.options.push_back({word[i], word.substr(i + 1)});
      else if (++at < arguments.size())
        result.options.push_back({word[i], arguments[at]});
      else
        return complain("option requires an argument", word[i]);
      break;
    }
  }
  result.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(std::min(at, arguments.size())), arguments.end());
  return result;
}

}  // namespace gateway::cli
