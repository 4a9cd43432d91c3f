#include "lookup/distinguished_name.hpp"

namespace lookup {

namespace {

char lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + 32) : octet;
}

int hex_digit(char octet) {
  if (octet >= '0' && octet <= '9') return octet - '0';
  const char small = lower(octet);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool is_separator(char octet) {
  return octet == ',' || octet == ';' || octet == '+' || octet == '=';
}

bool is_special(char octet) {
  return is_separator(octet) || octet == '"' || octet == '\\' || octet == '<' || octet == '>' || octet == '#';
}

}  // namespace

std::string normalised_dn(std::string_view dn) {
  std::string normal;
  normal.reserve(dn.size());
  std::size_t trailing = 0;  // blanks at the end that are not escaped
  bool in_value = false;     // after the "=" of an RDN: a further "=" is text
  bool quoted = false;
  const auto put = [&](char octet, bool escaped) {
    octet = lower(octet);
    if (octet == ' ' && !escaped) {
      const bool leading = normal.empty() || (is_separator(normal.back()) && !quoted);
      if (leading && (normal.size() < 2 || normal[normal.size() - 2] != '\\')) return;
      if (trailing > 0) return;  // runs count as one
      ++trailing;
    } else {
      trailing = 0;
    }
    if (is_special(octet) || static_cast<unsigned char>(octet) < 0x20) normal += '\\';
    normal += octet;
  };
  const auto separate = [&](char octet) {
    normal.resize(normal.size() - trailing);
    trailing = 0;
    normal += octet;
  };
  for (std::size_t i = 0; i < dn.size(); ++i) {
    const char octet = dn[i];
    if (octet == '\\' && i + 1 < dn.size()) {
      const int high = hex_digit(dn[i + 1]);
      const int low = i + 2 < dn.size() ? hex_digit(dn[i + 2]) : -1;
      if (high >= 0 && low >= 0) {
        put(static_cast<char>(high * 16 + low), true);
        i += 2;
      } else {
        put(dn[++i], true);
      }
    } else if (octet == '"') {
      quoted = !quoted;  // RFC 1779 style
    } else if (quoted) {
      put(octet, true);
    } else if (octet == ',' || octet == ';') {
      separate(',');
      in_value = false;
    } else if (octet == '+') {
      separate('+');
      in_value = false;
    } else if (octet == '=' && !in_value) {
      separate('=');
      in_value = true;
    } else {
      put(octet, false);
    }
  }
  normal.resize(normal.size() - trailing);
  return normal;
}

std::string_view parent_dn(std::string_view normalised) {
  for (std::size_t i = 0; i < normalised.size(); ++i) {
    if (normalised[i] == '\\') {
      ++i;
    } else if (normalised[i] == ',') {
      return normalised.substr(i + 1);
    }
  }
  return {};
}

bool is_within(std::string_view dn, std::string_view base) {
  if (base.empty() || dn == base) return true;
  if (dn.size() <= base.size() || !dn.ends_with(base)) return false;
  const auto comma = dn.size() - base.size() - 1;
  if (dn[comma] != ',') return false;
  // An escaped comma belongs to a value: "cn=a\,dc=x" is not below "dc=x".
  std::size_t backslashes = 0;
  while (backslashes < comma && dn[comma - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 0;
}

}  // namespace lookup
