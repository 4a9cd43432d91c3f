#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::cli {

/// One refused command, as a line of the log tells it.
struct Reject {
  std::string when;      // as the line has it: "Nov 21 22:08:11" or "2026-11-21T22:08:11"
  std::time_t time = 0;  // 0 when the line has no time that can be read
  std::string day;       // "2026-11-21", "" without a time
  std::string stage;     // RCPT, DATA, END-OF-MESSAGE ...
  std::string client_name, client_address;
  std::string reply;                    // code and text
  std::string reason;                   // the words of docs/reasons.md
  std::string list;                     // the DNS list, for reason dnsbl
  std::string sender, recipient, helo;  // "" for the null sender and for what is not known
  std::string reference;                // "" in lines of Postfix
};

/// Reads a line of a Postfix mail log, Gatepost's or Postfix's own (smtpd, postscreen, cleanup), or an object of
/// Gatepost's JSON log. nullopt for every other line; total. Times without a year are taken as the last such before
/// `now`; times without a zone are local.
std::optional<Reject> parse_reject_line(std::string_view line, std::time_t now);

/// The reason that stands behind the text of a reply, by the words that Postfix and Gatepost use.
std::string_view reason_of_reply(std::string_view text);

}  // namespace gateway::cli
