#include "lookup/address.hpp"

#include <algorithm>

#include "lookup/ip_address.hpp"
#include "lookup/utf8.hpp"

namespace lookup {

namespace {

constexpr std::size_t longest_local = 64;    // RFC 5321 4.5.3.1.1
constexpr std::size_t longest_domain = 255;  // RFC 5321 4.5.3.1.2
constexpr std::size_t longest_label = 63;    // RFC 1035 2.3.4

bool is_letter_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

bool is_beyond_ascii(char letter) {
  return static_cast<unsigned char>(letter) >= 0x80;
}

bool is_control(char letter) {
  return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
}

// RFC 5322 3.2.3, with the octets that RFC 6531 adds.
bool is_atom(char letter) {
  static constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return is_letter_or_digit(letter) || is_beyond_ascii(letter) || others.find(letter) != std::string_view::npos;
}

bool is_dot_string(std::string_view local) {
  if (local.empty() || local.front() == '.' || local.back() == '.') return false;
  if (local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [](char letter) { return letter == '.' || is_atom(letter); });
}

// Underscores are in no standard, but in many host names.
bool is_domain_name(std::string_view domain) {
  while (true) {
    const std::size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    const auto belongs = [](char letter) {
      return is_letter_or_digit(letter) || letter == '-' || letter == '_' || is_beyond_ascii(letter);
    };
    if (!std::all_of(label.begin(), label.end(), belongs)) return false;
    // An internationalized label is measured after its conversion, which is not done here.
    if (label.size() > longest_label && std::none_of(label.begin(), label.end(), is_beyond_ascii)) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

// RFC 5321 4.1.3; the IPv6 form needs its tag, the IPv4 form has none.
bool is_address_literal(std::string_view domain) {
  std::string_view inside = domain.substr(1, domain.size() - 2);
  const bool tagged = inside.size() > 5 && ascii_lower(inside.substr(0, 5)) == "ipv6:";
  if (tagged) inside.remove_prefix(5);
  return inside.find_first_of("[]") == std::string_view::npos && parse_ip(inside).has_value() &&
         (inside.find(':') != std::string_view::npos) == tagged;
}

bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > longest_domain) return false;
  if (domain.front() == '[') return domain.size() > 2 && domain.back() == ']' && is_address_literal(domain);
  return is_domain_name(domain);
}

// Takes "@a,@b:" off the front. RFC 5321 4.1.1.3: the route is accepted, and ignored.
bool strip_source_route(std::string_view& text) {
  while (true) {
    const std::size_t end = text.find_first_of(text.substr(0, 2) == "@[" ? "]" : ",:");
    const std::size_t stop = end == std::string_view::npos ? end : text.find_first_of(",:", end);
    if (stop == std::string_view::npos || text.front() != '@' || !is_domain(text.substr(1, stop - 1))) return false;
    const char separator = text[stop];
    text.remove_prefix(stop + 1);
    if (separator == ':') return !text.empty() && text.front() != '@';
    if (text.empty()) return false;
  }
}

// The length of the quoted string at the start of `text`, quotes included; 0 if it does not end.
std::size_t quoted_size(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return 0;
}

std::string without_quoting(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') continue;
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    out += text[at];
  }
  return out;
}

}  // namespace

std::string Address::to_string() const {
  if (is_null()) return {};
  std::string out;
  out.reserve(local.size() + domain.size() + 3);
  if (is_dot_string(local)) {
    out = local;
  } else {
    out += '"';
    for (const char letter : local) {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter;
    }
    out += '"';
  }
  if (!domain.empty()) {
    out += '@';
    out += domain;
  }
  return out;
}

std::string Address::folded() const {
  std::string text = to_string();
  return is_folded(text) ? text : fold_case(text);
}

std::optional<Address> parse_address(std::string_view text, AllowUtf8 utf8) {
  if (text.empty()) return Address{};
  if (std::any_of(text.begin(), text.end(), is_control)) return std::nullopt;
  if (std::any_of(text.begin(), text.end(), is_beyond_ascii) && (utf8 == AllowUtf8::no || !is_utf8(text))) {
    return std::nullopt;
  }
  if (text.front() == '@' && !strip_source_route(text)) return std::nullopt;

  Address address;
  std::size_t local_size = 0;
  if (text.front() == '"') {
    local_size = quoted_size(text);
    if (local_size == 0) return std::nullopt;
    address.local = without_quoting(text.substr(0, local_size));
    if (address.local.empty() && local_size == text.size()) return std::nullopt;  // it would pass for <>
  } else {
    local_size = std::min(text.find('@'), text.size());
    // Dots may stand anywhere: some providers gave out such addresses, and Postfix takes them.
    const auto belongs = [](char letter) { return letter == '.' || is_atom(letter); };
    const std::string_view local = text.substr(0, local_size);
    if (local.empty() || !std::all_of(local.begin(), local.end(), belongs)) return std::nullopt;
    address.local = local;
  }
  if (address.local.size() > longest_local) return std::nullopt;
  if (local_size == text.size()) return address;
  if (text[local_size] != '@') return std::nullopt;
  const std::string_view domain = text.substr(local_size + 1);
  if (!is_domain(domain)) return std::nullopt;
  address.domain = domain;
  return address;
}

Address split_address(std::string_view text) {
  std::size_t at_sign = std::string_view::npos;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == '@' && !quoted) {
      at_sign = at;
    }
  }
  if (quoted) at_sign = text.rfind('@');  // the quotes mean nothing when they are not balanced
  const std::string_view local = text.substr(0, at_sign);
  const bool unquote = !quoted && local.find('"') != std::string_view::npos;
  Address address;
  address.local = unquote ? without_quoting(local) : std::string(local);
  if (at_sign != std::string_view::npos) address.domain = text.substr(at_sign + 1);
  return address;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  }
  return out;
}

}  // namespace lookup
