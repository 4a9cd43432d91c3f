#include "gateway/smtp/parameters.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/smtp/replies.hpp"
#include "gateway/spool/envelope.hpp"

namespace gateway {

namespace {

char lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet | 0x20) : octet;
}

/// Takes the next word off the front; "" at the end.
std::string_view next_word(std::string_view& text) {
  text = trim(text);
  const auto end = text.find_first_of(" \t");
  const auto word = text.substr(0, end);
  text.remove_prefix(word.size());
  return word;
}

struct Parameter {
  std::string_view name, value;
  bool has_value = false;

  bool is(std::string_view wanted) const { return equal_ignoring_case(name, wanted); }
};

Parameter split(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return {word, {}, false};
  return {word.substr(0, equals), word.substr(equals + 1), true};
}

std::optional<std::uint8_t> parse_notify(std::string_view value) {
  std::uint8_t bits = 0;
  for (bool more = true; more;) {
    const auto comma = value.find(',');
    const auto word = value.substr(0, comma);
    const std::uint8_t bit = equal_ignoring_case(word, "NEVER")     ? notify_never
                             : equal_ignoring_case(word, "SUCCESS") ? notify_success
                             : equal_ignoring_case(word, "FAILURE") ? notify_failure
                             : equal_ignoring_case(word, "DELAY")   ? notify_delay
                                                                    : 0;
    if (bit == 0 || (bits & bit)) return std::nullopt;
    bits = static_cast<std::uint8_t>(bits | bit);
    more = comma != std::string_view::npos;
    if (more) value.remove_prefix(comma + 1);
  }
  // RFC 3461 4.1: NEVER stands alone.
  if ((bits & notify_never) && bits != notify_never) return std::nullopt;
  return bits;
}

bool is_orcpt(std::string_view decoded) {
  const auto semicolon = decoded.find(';');
  return semicolon != std::string_view::npos && semicolon > 0 && semicolon + 1 < decoded.size() &&
         decoded.size() <= 500;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > INT64_MAX)
    return std::nullopt;
  return value;
}

std::optional<std::string> decode_xtext(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char octet = text[i];
    if (octet == '+') {
      if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
      octet = static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    }
    // A decoded line break in a spool, log or report would be a forged line.
    if (static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f) return std::nullopt;
    decoded += octet;
  }
  return decoded;
}

std::optional<Reply> read_parameters(std::string_view text, const Grammar& grammar, MailFrom& mail) {
  bool utf8 = false;
  for (auto word = next_word(text); !word.empty(); word = next_word(text)) {
    const auto parameter = split(word);
    if (parameter.is("SIZE") && parameter.has_value) {
      mail.size = parse_decimal(parameter.value);
      if (!mail.size || parameter.value.size() > 20) return replies::bad_size();
    } else if (parameter.is("BODY") && parameter.has_value) {
      mail.eight_bit = equal_ignoring_case(parameter.value, "8BITMIME");
      if (!mail.eight_bit && !equal_ignoring_case(parameter.value, "7BIT")) return replies::unsupported_option(word);
    } else if (parameter.is("SMTPUTF8") && !parameter.has_value && grammar.smtputf8_offered) {
      utf8 = true;
    } else if (parameter.is("REQUIRETLS") && !parameter.has_value && grammar.require_tls_offered) {
      mail.require_tls = true;
    } else if (parameter.is("RET") && parameter.has_value) {
      mail.ret = equal_ignoring_case(parameter.value, "FULL")   ? 'F'
                 : equal_ignoring_case(parameter.value, "HDRS") ? 'H'
                                                                : '\0';
      if (mail.ret == 0) return replies::bad_parameter("RET");
    } else if (parameter.is("ENVID") && parameter.has_value) {
      auto decoded = decode_xtext(parameter.value);
      if (!decoded || decoded->empty() || decoded->size() > 100) return replies::bad_parameter("ENVID");
      mail.envid = std::move(*decoded);
    } else if (parameter.is("AUTH") && parameter.has_value) {
      auto decoded = decode_xtext(parameter.value);
      if (!decoded || decoded->empty() || decoded->size() > 500) return replies::bad_parameter("AUTH");
      mail.auth = std::move(*decoded);
    } else {
      return replies::unsupported_option(word);
    }
  }
  mail.smtputf8 = utf8;
  return std::nullopt;
}

std::optional<Reply> read_parameters(std::string_view text, RcptTo& rcpt) {
  for (auto word = next_word(text); !word.empty(); word = next_word(text)) {
    const auto parameter = split(word);
    if (parameter.is("NOTIFY") && parameter.has_value) {
      const auto bits = parse_notify(parameter.value);
      if (!bits) return replies::bad_parameter("NOTIFY");
      rcpt.notify = *bits;
    } else if (parameter.is("ORCPT") && parameter.has_value) {
      auto decoded = decode_xtext(parameter.value);
      if (!decoded || !is_orcpt(*decoded)) return replies::bad_parameter("ORCPT");
      rcpt.orcpt = std::move(*decoded);
    } else {
      return replies::unsupported_option(word);
    }
  }
  return std::nullopt;
}

}  // namespace gateway
