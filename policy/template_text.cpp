#include "policy/template_text.hpp"

namespace policy {

namespace {

constexpr int deepest_nesting = 8;

bool is_name_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Expansion {
 public:
  explicit Expansion(const TemplateValues& value_of) : value_of_(value_of) {}

  std::string expand(std::string_view text, int depth) const {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      if (text[at] != '$' || at + 1 == text.size()) {
        result += text[at++];
      } else if (text[at + 1] == '$') {
        result += '$';
        at += 2;
      } else if (text[at + 1] == '{') {
        at = expand_braced(text, at, depth, result);
      } else {
        const auto start = ++at;
        while (at < text.size() && is_name_octet(text[at])) ++at;
        result += value_of_(text.substr(start, at - start));
      }
    }
    return result;
  }

 private:
  std::size_t expand_braced(std::string_view text, std::size_t at, int depth, std::string& result) const {
    std::size_t end = at + 2;
    for (int open = 1; end < text.size(); ++end) {
      if (text[end] == '{') ++open;
      if (text[end] == '}' && --open == 0) break;
    }
    const auto inner = text.substr(at + 2, end - at - 2);
    const auto mark = inner.find_first_of("?:");
    const auto value = value_of_(inner.substr(0, mark));
    if (mark == std::string_view::npos) {
      result += value;
    } else if (depth < deepest_nesting && (inner[mark] == '?') != value.empty()) {
      result += expand(inner.substr(mark + 1), depth + 1);
    }
    return end < text.size() ? end + 1 : end;
  }

  const TemplateValues& value_of_;
};

}  // namespace

std::string expand_template(std::string_view text, const TemplateValues& value_of) {
  return Expansion(value_of).expand(text, 0);
}

}  // namespace policy
