#include "lookup/ldif_text.hpp"

#include <algorithm>

namespace lookup {

namespace {

void append_base64(std::string& out, std::string_view octets) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < octets.size() ? static_cast<unsigned char>(octets[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= octets.size() ? letters[group >> (18 - 6 * j) & 0x3f] : '=';
  }
}

/// SAFE-STRING of RFC 2849, and no blank at the end, which editors lose.
bool is_safe(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() == ' ' || text.front() == ':' || text.front() == '<' || text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(), [](char octet) {
    const auto value = static_cast<unsigned char>(octet);
    return value != 0 && value != '\n' && value != '\r' && value < 0x80;
  });
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  if (is_safe(value)) {
    out += value.empty() ? ":" : ": ";
    out += value;
  } else {
    out += ":: ";
    append_base64(out, value);
  }
  out += '\n';
}

}  // namespace

void append_ldif(std::string& out, const Entry& entry) {
  append_line(out, "dn", entry.name);
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) append_line(out, attribute.name, value);
  }
  out += '\n';
}

}  // namespace lookup
