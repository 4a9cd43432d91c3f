#include "gateway/smtp/capabilities.hpp"

#include <fmt/format.h>

#include <iterator>

namespace gateway {

std::string describe(const Capabilities& capabilities, std::string_view hostname) {
  std::string text(hostname);
  text += "\nPIPELINING";
  // RFC 1870: SIZE without a number says that there is no fixed limit.
  text += capabilities.message_size_limit ? fmt::format("\nSIZE {}", capabilities.message_size_limit) : "\nSIZE";
  text += "\nVRFY\nETRN";
  if (capabilities.starttls) text += "\nSTARTTLS";
  if (!capabilities.auth_mechanisms.empty()) {
    text += "\nAUTH";
    for (const auto& mechanism : capabilities.auth_mechanisms) text += " " + mechanism;
  }
  if (capabilities.xclient) {
    text += "\nXCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT REVERSE_NAME";
    text += "\nXFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE";
  }
  text += "\nENHANCEDSTATUSCODES\n8BITMIME\nDSN";
  if (capabilities.smtputf8) text += "\nSMTPUTF8";
  if (capabilities.require_tls) text += "\nREQUIRETLS";
  // RFC 9422: a client that knows the limit does not have to run into it.
  if (capabilities.recipient_limit)
    fmt::format_to(std::back_inserter(text), "\nLIMITS RCPTMAX={}", capabilities.recipient_limit);
  text += "\nCHUNKING";
  return text;
}

}  // namespace gateway
