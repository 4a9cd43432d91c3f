#include "lookup/expansion.hpp"

#include <fmt/core.h>

#include "lookup/escape.hpp"

namespace lookup {

namespace {

constexpr std::string_view login_name = "{login}";

/// The label number `index` of a domain from the right, 1 being the top level; "" when there are fewer.
std::string_view label(std::string_view domain, int index) {
  for (; index > 1; --index) {
    const auto dot = domain.rfind('.');
    if (dot == std::string_view::npos) return {};
    domain = domain.substr(0, dot);
  }
  const auto dot = domain.rfind('.');
  return dot == std::string_view::npos ? domain : domain.substr(dot + 1);
}

bool is_plain(char octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9') ||
         octet == '@' || octet == '.' || octet == '-' || octet == '_';
}

void append_quoted(std::string& out, std::string_view value, Quoting quoting) {
  bool plain = true;
  for (const char octet : value) plain = plain && is_plain(octet);
  if (plain || quoting == Quoting::none) {
    out += value;
  } else if (quoting == Quoting::filter) {
    out += escape_filter_value(value);
  } else {
    out += escape_dn_value(value);
  }
}

std::optional<std::string_view> value_of(char letter, const ExpansionKey& key) {
  switch (letter) {
    case 's':
    case 'S':
      return key.whole;
    case 'u':
    case 'U':
      return key.local;
    case 'd':
    case 'D':
      return key.domain;
    default:
      if (letter >= '1' && letter <= '9') return label(key.domain, letter - '0');
      return std::nullopt;
  }
}

}  // namespace

ExpansionKey expansion_key(std::string_view whole, std::string_view login) {
  ExpansionKey key{whole, whole, {}, login};
  const auto at = whole.rfind('@');
  if (at != std::string_view::npos) {
    key.local = whole.substr(0, at);
    key.domain = whole.substr(at + 1);
  }
  return key;
}

bool expand_into(std::string& out, std::string_view text, const ExpansionKey& key, Quoting quoting) {
  for (std::size_t at = 0; at < text.size();) {
    const auto percent = text.find('%', at);
    out += text.substr(at, percent - at);
    if (percent == std::string_view::npos || percent + 1 == text.size()) break;
    const auto rest = text.substr(percent + 1);
    if (rest.front() == '%') {
      out += '%';
      at = percent + 2;
      continue;
    }
    const bool login = rest.starts_with(login_name);
    const auto value = login ? key.login : value_of(rest.front(), key).value_or(std::string_view{});
    if (value.empty()) return false;
    append_quoted(out, value, quoting);
    at = percent + 1 + (login ? login_name.size() : 1);
  }
  return true;
}

std::optional<std::string> expand(std::string_view text, const ExpansionKey& key, Quoting quoting) {
  std::string out;
  out.reserve(text.size() + 2 * key.whole.size());
  if (!expand_into(out, text, key, quoting)) return std::nullopt;
  return out;
}

bool has_expansions(std::string_view text) {
  return text.find('%') != std::string_view::npos;
}

std::string expansion_fault(std::string_view text) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at)) {
    const auto rest = text.substr(at + 1);
    if (rest.empty()) return "a lone % at the end (write %%)";
    if (rest.starts_with(login_name)) {
      at += 1 + login_name.size();
    } else if (rest.front() == '%' || value_of(rest.front(), {})) {
      at += 2;
    } else {
      return fmt::format("%{} is none of %s %u %d %1 to %9 %{{login}} %%", rest.front());
    }
  }
  return {};
}

}  // namespace lookup
