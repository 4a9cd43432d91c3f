#include "policy/access_action.hpp"

#include <algorithm>

#include "policy/item_words.hpp"

namespace policy {

namespace {

using Kind = AccessAction::Kind;

struct Named {
  std::string_view name;
  Kind kind;
  std::string_view dsn;
};

constexpr Named actions[] = {
    {"OK", Kind::permit, ""},
    {"RELAY", Kind::permit, ""},
    {"DUNNO", Kind::dunno, ""},
    {"REJECT", Kind::reject, "5.7.1"},
    {"DEFER", Kind::defer, "4.7.1"},
    {"DEFER_IF_PERMIT", Kind::defer_if_permit, "4.7.1"},
    {"DEFER_IF_REJECT", Kind::defer_if_reject, "4.7.1"},
    {"BCC", Kind::bcc, ""},
    {"DISCARD", Kind::discard, ""},
    {"FILTER", Kind::filter, ""},
    {"HOLD", Kind::hold, ""},
    {"PREPEND", Kind::prepend, ""},
    {"REDIRECT", Kind::redirect, ""},
    {"INFO", Kind::info, ""},
    {"WARN", Kind::warn, ""},
    {"HANGUP", Kind::hangup, ""},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_reply_code(std::string_view word) {
  return word.size() == 3 && (word[0] == '4' || word[0] == '5') && is_digit(word[1]) && is_digit(word[2]);
}

/// RFC 5322 2.2: a field name is printable ASCII without colon.
bool is_header(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c > ' ' && c < 0x7f; });
}

bool has_what_it_needs(const AccessAction& action) {
  switch (action.kind) {
    case Kind::bcc:
    case Kind::redirect:
      return action.text.find('@') != std::string_view::npos;
    case Kind::filter:
      return action.text.find(':') != std::string_view::npos;
    case Kind::prepend:
      return is_header(action.text);
    default:
      return true;
  }
}

}  // namespace

std::string_view take_dsn(std::string_view& text) {
  std::size_t at = 0;
  const auto digits = [&](std::size_t most) {
    std::size_t count = 0;
    while (at < text.size() && is_digit(text[at]) && count <= most) ++at, ++count;
    return count >= 1 && count <= most;
  };
  const auto dot = [&] { return at < text.size() && text[at++] == '.'; };
  if (text.empty() || (text[0] != '2' && text[0] != '4' && text[0] != '5')) return {};
  if (!digits(1) || !dot() || !digits(3) || !dot() || !digits(3)) return {};
  if (at < text.size() && text[at] != ' ' && text[at] != '\t') return {};
  const auto dsn = text.substr(0, at);
  text = trim(text.substr(at));
  return dsn;
}

AccessAction parse_access_action(std::string_view answer) {
  answer = trim(answer);
  AccessAction action;
  if (answer.empty()) {
    action.kind = Kind::empty;
    return action;
  }
  const auto word = answer.substr(0, answer.find_first_of(" \t"));
  action.text = trim(answer.substr(word.size()));
  for (const auto& named : actions) {
    if (!equals_ignoring_case(named.name, word)) continue;
    action.kind = named.kind;
    if (!named.dsn.empty()) {
      const auto dsn = take_dsn(action.text);
      action.dsn = dsn.empty() ? named.dsn : dsn;
    }
    if (!has_what_it_needs(action)) action.kind = Kind::malformed;
    return action;
  }
  // Some tools leave time stamps in tables: all digits is OK, even if it looks like a reply code.
  if (std::all_of(answer.begin(), answer.end(), is_digit)) {
    action.kind = Kind::permit;
    return action;
  }
  if (is_reply_code(word) && !action.text.empty()) {
    action.kind = Kind::refuse;
    action.code = (word[0] - '0') * 100 + (word[1] - '0') * 10 + (word[2] - '0');
    const auto dsn = take_dsn(action.text);
    action.dsn = !dsn.empty() ? dsn : word[0] == '4' ? "4.7.1" : "5.7.1";
    return action;
  }
  action.kind = Kind::restrictions;
  action.text = answer;
  return action;
}

}  // namespace policy
