#include "lookup/attribute_type.hpp"

namespace lookup {

namespace {

/// "(", ")", a word, or a quoted text without its quotes; "" at the end.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  std::string_view next() {
    const auto start = rest_.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return {};
    rest_.remove_prefix(start);
    if (rest_.front() == '(' || rest_.front() == ')') return cut(1);
    if (rest_.front() != '\'') return cut(std::min(rest_.find_first_of(" \t\r\n()"), rest_.size()));
    rest_.remove_prefix(1);
    const auto word = cut(std::min(rest_.find('\''), rest_.size()));
    if (!rest_.empty()) rest_.remove_prefix(1);
    return word;
  }

 private:
  std::string_view cut(std::size_t size) {
    const auto word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<AttributeType> parse_attribute_type(std::string_view text) {
  Words words(text);
  if (words.next() != "(") return std::nullopt;
  AttributeType type;
  // An empty quoted text looks like the end: nothing of interest follows one in practice.
  for (auto word = words.next(); !word.empty() && word != ")"; word = words.next()) {
    if (word == "NAME") {
      auto name = words.next();
      if (name != "(") {
        type.names.push_back(name);
        continue;
      }
      for (name = words.next(); !name.empty() && name != ")"; name = words.next()) type.names.push_back(name);
    } else if (word == "SUP") {
      type.superior = words.next();
    } else if (word == "EQUALITY") {
      type.equality = words.next();
    } else if (word == "DESC") {
      words.next();
    }
  }
  if (type.names.empty() || type.names.front().empty()) return std::nullopt;
  return type;
}

}  // namespace lookup
