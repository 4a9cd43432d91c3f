#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// The addresses of a header field's body (RFC 5322 3.4): display names, comments, groups and routes are gone. What is
/// no address is skipped; total for any text.
std::vector<std::string> addresses_of_header(std::string_view body);

/// The recipients that To, Cc and Bcc of a message name (Resent- ones instead when there are any); Bcc fields are cut
/// out of `content`, which has CRLF line ends.
std::vector<std::string> take_header_recipients(std::string& content);

/// Puts From, Date and Message-ID on top where they lack, and the empty line behind a header that lacks it.
struct HeaderFill {
  std::string from;        // "Full Name <user@example.com>"
  std::string date;        // of mail_date()
  std::string message_id;  // with <>
};
void fill_header(std::string& content, const HeaderFill& fill);

}  // namespace gateway
