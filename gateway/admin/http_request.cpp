#include "gateway/admin/http_request.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "gateway/smtp/sasl_exchange.hpp"
#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// RFC 9112 3: method SP target SP version.
bool read_request_line(std::string_view line, HttpRequest& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last <= first + 1) return false;
  if (!line.substr(last + 1).starts_with("HTTP/1.")) return false;
  const auto target = line.substr(first + 1, last - first - 1);
  if (target.find_first_of(" \t") != std::string_view::npos || target.front() != '/') return false;
  request.method = line.substr(0, first);
  request.path = target.substr(0, target.find('?'));
  return true;
}

/// RFC 9112 5: a name, a colon without white space before it, a value.
bool read_field(std::string_view line, HttpRequest& request) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto name = line.substr(0, colon);
  if (name.find_first_of(blanks) != std::string_view::npos) return false;
  request.fields.emplace_back(lookup::ascii_lower(name), std::string(trimmed(line.substr(colon + 1))));
  return true;
}

std::array<unsigned char, SHA256_DIGEST_LENGTH> digest(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

}  // namespace

std::string_view HttpRequest::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return each.first == name; });
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::string HttpRequest::form(std::string_view name) const {
  std::string_view rest = body;
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (form_decoded(pair.substr(0, equals)) == name)
      return equals == std::string_view::npos ? std::string() : form_decoded(pair.substr(equals + 1));
  }
  return {};
}

ParsedHttp parse_http(std::string_view octets) {
  ParsedHttp parsed;
  const auto refuse = [&](HttpProgress why) {
    parsed.progress = why;
    return std::move(parsed);
  };
  const auto end = octets.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return refuse(octets.size() > http_request_limit ? HttpProgress::too_large : HttpProgress::incomplete);
  auto head = octets.substr(0, end);
  const auto line = head.substr(0, head.find("\r\n"));
  if (!read_request_line(line, parsed.request)) return refuse(HttpProgress::malformed);
  head.remove_prefix(std::min(head.size(), line.size() + 2));
  while (!head.empty()) {
    const auto field = head.substr(0, head.find("\r\n"));
    if (!read_field(field, parsed.request)) return refuse(HttpProgress::malformed);
    head.remove_prefix(std::min(head.size(), field.size() + 2));
  }
  if (!parsed.request.field("transfer-encoding").empty()) return refuse(HttpProgress::malformed);
  const auto length = parsed.request.field("content-length");
  std::size_t size = 0;
  const auto [stop, fault] = std::from_chars(length.data(), length.data() + length.size(), size);
  if (!length.empty() && (fault != std::errc{} || stop != length.data() + length.size()))
    return refuse(HttpProgress::malformed);
  if (size > http_request_limit || octets.size() > 2 * http_request_limit) return refuse(HttpProgress::too_large);
  if (octets.size() - end - 4 < size) return refuse(HttpProgress::incomplete);
  parsed.request.body = octets.substr(end + 4, size);
  return refuse(HttpProgress::complete);
}

bool has_login(const HttpRequest& request, std::string_view user, std::string_view password) {
  const auto field = request.field("authorization");
  if (field.size() < 6 || lookup::ascii_lower(field.substr(0, 6)) != "basic ") return false;
  const auto given = decode_base64(trimmed(field.substr(6)));
  if (!given) return false;
  const auto wanted = digest(std::string(user) + ":" + std::string(password));
  const auto found = digest(*given);
  return CRYPTO_memcmp(wanted.data(), found.data(), wanted.size()) == 0;
}

}  // namespace gateway
