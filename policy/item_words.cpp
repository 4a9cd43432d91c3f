#include "policy/item_words.hpp"

#include <algorithm>

namespace policy {

namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_separator(char c) {
  return c == ',' || blanks.find(c) != std::string_view::npos;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_braced(std::string_view word) {
  return word.size() >= 2 && word.front() == '{' && word.back() == '}';
}

}  // namespace

tl::expected<std::vector<std::string_view>, std::string> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_separator(text[at])) {
      ++at;
      continue;
    }
    const auto start = at;
    std::size_t depth = 0;
    for (; at < text.size() && (depth > 0 || !is_separator(text[at])); ++at) {
      if (text[at] == '{') ++depth;
      if (text[at] == '}') {
        if (depth == 0) return tl::unexpected(std::string("'}' without '{'"));
        --depth;
      }
    }
    if (depth > 0) return tl::unexpected(std::string("'{' without '}'"));
    words.push_back(text.substr(start, at - start));
  }
  return words;
}

tl::expected<std::vector<std::string_view>, std::string> split_braced(std::string_view word) {
  if (!is_braced(word)) return std::vector<std::string_view>{word};
  return split_words(word.substr(1, word.size() - 2));
}

Setting parse_setting(std::string_view word) {
  if (is_braced(word)) word = word.substr(1, word.size() - 2);
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return {trim(word), {}, false};
  auto value = trim(word.substr(equals + 1));
  if (is_braced(value)) value = trim(value.substr(1, value.size() - 2));
  return {trim(word.substr(0, equals)), value, true};
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace policy
