#include "gateway/smtp/trace_header.hpp"

#include <fmt/format.h>

#include <iterator>

namespace gateway {

namespace {

/// HELO and names come from the client: only octets that cannot end a comment, a token or the line.
std::string clean(std::string_view text) {
  std::string result;
  for (const char octet : text.substr(0, 255)) {
    const auto value = static_cast<unsigned char>(octet);
    const bool safe = value > 0x20 && value < 0x7f && octet != '(' && octet != ')' && octet != '<' && octet != '>' &&
                      octet != ';' && octet != '"' && octet != '\\' && octet != ',' && octet != '@';
    result += safe ? octet : '?';
  }
  return result;
}

/// A common name may hold blanks, but nothing that ends the comment or its quotes.
std::string clean_name(std::string_view text) {
  std::string result(text.substr(0, 255));
  for (char& octet : result)
    if (static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f || octet == '"' || octet == '\\' || octet == '(' ||
        octet == ')')
      octet = '?';
  return result;
}

/// An address may hold more, but no line ends.
std::string clean_address(std::string_view text) {
  std::string result(text);
  for (char& octet : result)
    if (static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f) octet = '?';
  return result;
}

}  // namespace

std::string received_header(const Arrival& arrival) {
  std::string header;
  header.reserve(320);
  const auto out = std::back_inserter(header);
  const std::string name = clean(arrival.client_name);
  fmt::format_to(out, "Received: from {} ({} [{}{}])\r\n", arrival.helo.empty() ? name : clean(arrival.helo), name,
                 arrival.client_address.is_v6 ? "IPv6:" : "", arrival.client_address.to_string());
  if (arrival.tls) {
    fmt::format_to(out, "\t(using {} with cipher {} ({}/{} bits))\r\n", arrival.tls->protocol, arrival.tls->cipher,
                   arrival.tls->used_bits, arrival.tls->strength_bits);
    if (!arrival.tls->peer_fingerprint.empty())
      fmt::format_to(out, "\t(Client CN \"{}\", Issuer \"{}\" ({}))\r\n", clean_name(arrival.tls->peer_subject),
                     clean_name(arrival.tls->peer_issuer), arrival.tls->peer_trusted ? "verified OK" : "not verified");
    else
      header += arrival.certificate_asked ? "\t(Client did not present a certificate)\r\n"
                                          : "\t(No client certificate requested)\r\n";
  }
  if (!arrival.login.empty()) fmt::format_to(out, "\t(Authenticated sender: {})\r\n", clean_address(arrival.login));
  fmt::format_to(out, "\tby {} (Gatepost) with {} id {}", arrival.hostname, arrival.protocol, arrival.queue_id);
  if (!arrival.only_recipient.empty()) fmt::format_to(out, "\r\n\tfor <{}>", clean_address(arrival.only_recipient));
  fmt::format_to(out, ";{}{}\r\n", arrival.only_recipient.empty() ? "\r\n\t" : " ", mail_date(arrival.time));
  return header;
}

std::string protocol_name(Extended extended, bool tls, bool login, bool utf8) {
  if (extended == Extended::no) return "SMTP";
  std::string name = utf8 ? "UTF8SMTP" : "ESMTP";
  if (tls) name += 'S';
  if (login) name += 'A';
  return name;
}

std::string mail_date(std::time_t time) {
  std::tm local{};
  localtime_r(&time, &local);
  // Names of days and months must be English whatever the locale.
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const long offset = local.tm_gmtoff / 60;
  const long distance = offset < 0 ? -offset : offset;
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} {}{:02}{:02} ({})", days[local.tm_wday], local.tm_mday,
                     months[local.tm_mon], local.tm_year + 1900, local.tm_hour, local.tm_min, local.tm_sec,
                     offset < 0 ? '-' : '+', distance / 60, distance % 60, local.tm_zone);
}

}  // namespace gateway
