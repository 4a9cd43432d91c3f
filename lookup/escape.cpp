#include "lookup/escape.hpp"

#include "lookup/utf8.hpp"

namespace lookup {

namespace {

void append_hex(std::string& out, unsigned char octet) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '\\';
  out += digits[octet >> 4];
  out += digits[octet & 15];
}

bool is_control(unsigned char octet) {
  return octet < 0x20 || octet == 0x7f;
}

}  // namespace

std::string escape_filter_value(std::string_view value) {
  const bool keep_high = is_utf8(value);
  std::string out;
  out.reserve(value.size());
  for (const char letter : value) {
    const auto octet = static_cast<unsigned char>(letter);
    const bool special = letter == '(' || letter == ')' || letter == '*' || letter == '\\' || is_control(octet);
    if (special || (octet >= 0x80 && !keep_high)) {
      append_hex(out, octet);
    } else {
      out += letter;
    }
  }
  return out;
}

std::string escape_dn_value(std::string_view value) {
  static constexpr std::string_view special = "\"+,;<=>\\";
  const bool keep_high = is_utf8(value);
  std::string out;
  out.reserve(value.size());
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char letter = value[at];
    const auto octet = static_cast<unsigned char>(letter);
    const bool edge_space = letter == ' ' && (at == 0 || at + 1 == value.size());
    const bool first_hash = letter == '#' && at == 0;
    if (is_control(octet) || (octet >= 0x80 && !keep_high)) {
      append_hex(out, octet);
    } else if (edge_space || first_hash || special.find(letter) != std::string_view::npos) {
      out += '\\';
      out += letter;
    } else {
      out += letter;
    }
  }
  return out;
}

}  // namespace lookup
