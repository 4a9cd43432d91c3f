#include "lookup/filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace lookup {

namespace {

constexpr int deepest = 64;
constexpr std::string_view bit_and = "1.2.840.113556.1.4.803";
constexpr std::string_view bit_or = "1.2.840.113556.1.4.804";

int hex_digit(char octet) {
  if (octet >= '0' && octet <= '9') return octet - '0';
  if (octet >= 'a' && octet <= 'f') return octet - 'a' + 10;
  if (octet >= 'A' && octet <= 'F') return octet - 'A' + 10;
  return -1;
}

/// One pass over the text of a filter; the first fault ends it.
class FilterReader {
 public:
  explicit FilterReader(std::string_view text) : text_(text) {}

  tl::expected<Filter, FilterFault> read_all() {
    skip_blanks();
    Filter filter;
    // Postfix and many tools take a lone item without its brackets.
    const bool read = at_end() || peek() == '(' ? read_filter(filter, 0) : read_item(filter);
    skip_blanks();
    if (read && !at_end()) fail("text after the filter");
    if (fault_) return tl::unexpected(std::move(*fault_));
    return filter;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }

  void skip_blanks() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }

  bool fail(std::string text) {
    if (!fault_) fault_ = FilterFault{at_, std::move(text)};
    return false;
  }

  bool read_filter(Filter& filter, int depth) {
    if (depth > deepest) return fail("nested too deeply");
    skip_blanks();
    if (at_end() || peek() != '(') return fail("'(' expected");
    ++at_;
    skip_blanks();
    if (at_end()) return fail("the filter ends within '('");
    switch (peek()) {
      case '&':
        filter.kind = Filter::Kind::all_of;
        break;
      case '|':
        filter.kind = Filter::Kind::any_of;
        break;
      case '!':
        filter.kind = Filter::Kind::none_of;
        break;
      default:
        return read_item(filter) && close();
    }
    ++at_;
    return read_parts(filter, depth) && close();
  }

  bool read_parts(Filter& filter, int depth) {
    for (;;) {
      skip_blanks();
      if (at_end() || peek() != '(') break;
      if (!read_filter(filter.parts.emplace_back(), depth + 1)) return false;
    }
    if (filter.kind == Filter::Kind::none_of && filter.parts.size() != 1) return fail("'!' takes one filter");
    return true;
  }

  bool close() {
    skip_blanks();
    if (at_end() || peek() != ')') return fail("')' expected");
    ++at_;
    return true;
  }

  bool read_item(Filter& filter) {
    const auto start = at_;
    while (!at_end() && is_description(peek())) ++at_;
    filter.attribute.assign(text_.substr(start, at_ - start));
    if (at_end()) return fail("'=' expected");
    switch (peek()) {
      case '=':
        ++at_;
        return read_value(filter, Filter::Kind::equal);
      case '~':
      case '>':
      case '<': {
        const char sign = peek();
        ++at_;
        if (at_end() || peek() != '=') return fail("'=' expected");
        ++at_;
        const auto kind = sign == '>'   ? Filter::Kind::at_least
                          : sign == '<' ? Filter::Kind::at_most
                                        : Filter::Kind::equal;
        return read_value(filter, kind);
      }
      case ':':
        return read_extensible(filter);
      default:
        return fail("'=' expected");
    }
  }

  static bool is_description(char octet) {
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9') ||
           octet == '-' || octet == '.' || octet == ';' || octet == '_';
  }

  // attr [":dn"] [":" rule] ":=" value (RFC 4515). Rules other than the bit ones compare as equality.
  bool read_extensible(Filter& filter) {
    auto kind = Filter::Kind::equal;
    for (;;) {
      ++at_;  // the colon
      if (!at_end() && peek() == '=') break;
      const auto start = at_;
      while (!at_end() && is_description(peek())) ++at_;
      const auto word = text_.substr(start, at_ - start);
      if (word.empty() || at_end() || peek() != ':') return fail("':=' expected");
      if (word == bit_and) kind = Filter::Kind::all_bits;
      if (word == bit_or) kind = Filter::Kind::any_bits;
    }
    ++at_;  // the equals sign
    if (filter.attribute.empty()) return fail("an attribute is expected before ':='");
    return read_value(filter, kind);
  }

  bool read_value(Filter& filter, Filter::Kind kind) {
    if (filter.attribute.empty()) return fail("an attribute is expected before '='");
    filter.kind = kind;
    std::string piece;
    bool starred = false;
    for (; !at_end() && peek() != ')'; ++at_) {
      const char octet = peek();
      if (octet == '*') {
        if (kind != Filter::Kind::equal) return fail("'*' in a value that cannot have it");
        starred = true;
        filter.pieces.push_back(std::move(piece));
        piece.clear();
      } else if (octet == '(') {
        return fail("'(' in a value is written \\28");
      } else if (octet == '\\') {
        if (text_.size() - at_ < 3) return fail("'\\' is followed by two hexadecimal digits");
        const int high = hex_digit(text_[at_ + 1]);
        const int low = hex_digit(text_[at_ + 2]);
        if (high < 0 || low < 0) return fail("'\\' is followed by two hexadecimal digits");
        piece += static_cast<char>(high * 16 + low);
        at_ += 2;
      } else {
        piece += octet;
      }
    }
    if (!starred) {
      filter.value = std::move(piece);
      return true;
    }
    filter.pieces.push_back(std::move(piece));
    const bool bare = std::all_of(filter.pieces.begin(), filter.pieces.end(), [](const auto& p) { return p.empty(); });
    filter.kind = bare ? Filter::Kind::present : Filter::Kind::substrings;
    if (bare) filter.pieces.clear();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<FilterFault> fault_;
};

}  // namespace

tl::expected<Filter, FilterFault> parse_filter(std::string_view text) {
  return FilterReader(text).read_all();
}

void collect_attributes(const Filter& filter, std::vector<std::string>& names) {
  for (const auto& part : filter.parts) collect_attributes(part, names);
  if (filter.attribute.empty()) return;
  const auto known = [&](const std::string& name) { return same_name(name, filter.attribute); };
  if (std::none_of(names.begin(), names.end(), known)) names.push_back(filter.attribute);
}

}  // namespace lookup
