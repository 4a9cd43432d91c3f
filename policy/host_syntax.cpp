#include "policy/host_syntax.hpp"

#include "lookup/ip_address.hpp"
#include "policy/item_words.hpp"

namespace policy {

namespace {

bool is_name_octet(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || octet >= 0x80;
}

}  // namespace

bool is_valid_host_name(std::string_view name) {
  if (name.empty() || name.size() > 255) return false;
  std::size_t label = 0;
  bool is_numeric = true;
  char previous = '.';
  for (const char c : name) {
    if (c == '.') {
      if (previous == '.' || previous == '-') return false;
      label = 0;
    } else if (c == '-') {
      if (previous == '.') return false;
      is_numeric = false;
      ++label;
    } else if (is_name_octet(c)) {
      if (c < '0' || c > '9') is_numeric = false;
      ++label;
    } else {
      return false;
    }
    if (label > 63) return false;
    previous = c;
  }
  return previous != '.' && previous != '-' && !is_numeric;
}

bool is_valid_host_address(std::string_view text) {
  if (text.empty() || text.size() > 45 || text.front() == '[') return false;
  // Names that cannot be addresses are most: spare them the parser.
  if (text.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos) return false;
  return lookup::parse_ip(text).has_value();
}

bool is_valid_address_literal(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  if (text.size() > 5 && equals_ignoring_case(text.substr(0, 5), "ipv6:"))
    return text.find(':', 5) != std::string_view::npos && is_valid_host_address(text.substr(5));
  return text.find(':') == std::string_view::npos && is_valid_host_address(text);
}

std::string_view without_final_dot(std::string_view name) {
  if (name.size() > 1 && name.back() == '.' && name[name.size() - 2] != '.') name.remove_suffix(1);
  return name;
}

bool is_fully_qualified(std::string_view name) {
  name = without_final_dot(name);
  return is_valid_host_name(name) && name.find('.') != std::string_view::npos;
}

}  // namespace policy
