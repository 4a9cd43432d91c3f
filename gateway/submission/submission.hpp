#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace gateway {

/// A message that a program on this machine wants sent. Addresses stand without <>; they may lack a domain, which the
/// server completes.
struct Submission {
  std::string sender;  // "" is the null sender
  std::vector<std::string> recipients;
  std::string content;  // CRLF line ends, not dot-stuffed
  std::string notify;   // NOTIFY= of RFC 3461, "" when not given
  std::string ret;      // FULL, HDRS or ""
  std::string envid;    // xtext
};

/// The text with CRLF line ends, whatever mixture of LF and CRLF it had, and one at its end. A bare CR is kept out: it
/// becomes a line end too.
std::string with_crlf(std::string_view text);

/// True when an address can be said in MAIL or RCPT: no control characters, no < or > outside of quotes, not too long.
bool is_sayable(std::string_view address);

/// A file in the maildrop folder, for while no daemon takes the message: a header of "name value" lines, an empty line,
/// the content. Parsing is total: what is not such a file is an error sentence.
std::string to_maildrop_text(const Submission& submission);
[[nodiscard]] tl::expected<Submission, std::string> parse_maildrop_text(std::string_view text);

}  // namespace gateway
