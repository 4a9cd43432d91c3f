#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "gateway/net/connection.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

/// What the Received header tells of a message's arrival.
struct Arrival {
  std::string_view helo, client_name;
  lookup::IpAddress client_address;
  std::string_view hostname;
  std::string_view protocol;        // "SMTP", "ESMTPSA", "UTF8SMTP" ...
  const TlsSummary* tls = nullptr;  // null in clear
  bool certificate_asked = false;   // of the client
  std::string_view login;           // "" when not logged in
  std::string_view queue_id;
  std::string_view only_recipient;  // "" when there are several: they need not know of each other
  std::time_t time = 0;
};

/// The Received header (RFC 5321 4.4) in Postfix's form, CRLF at its end. Whatever the client said, it stays one
/// header.
std::string received_header(const Arrival& arrival);

/// SMTP, ESMTP, with S for TLS, with A for a login (RFC 3848), UTF8SMTP... (RFC 6531 4.3).
enum class Extended : std::uint8_t { no, yes };
std::string protocol_name(Extended extended, bool tls, bool login, bool utf8);

/// "Sat, 21 Nov 2026 22:08:13 +0000 (UTC)": RFC 5322 3.3 in local time.
std::string mail_date(std::time_t time);

}  // namespace gateway
