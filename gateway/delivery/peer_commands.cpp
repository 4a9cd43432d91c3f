#include "gateway/delivery/peer_commands.hpp"

#include <cstdint>

namespace gateway {

void append_mail_command(const Envelope& envelope, const lookup::Address& sender, const PeerOffers& offers,
                         std::string& wire) {
  wire += "MAIL FROM:<";
  wire += sender.to_string();
  wire += '>';
  if (offers.size) {
    wire += " SIZE=";
    wire += std::to_string(envelope.size);
  }
  if (offers.eight_bit && envelope.eight_bit) wire += " BODY=8BITMIME";
  if (offers.smtputf8 && envelope.smtputf8) wire += " SMTPUTF8";
  if (offers.dsn) {
    if (envelope.ret == 'F') wire += " RET=FULL";
    if (envelope.ret == 'H') wire += " RET=HDRS";
    if (!envelope.envid.empty()) wire += " ENVID=" + encode_xtext(envelope.envid);
  }
  wire += "\r\n";
}

void append_rcpt_command(const EnvelopeRecipient& recipient, const lookup::Address& address, const PeerOffers& offers,
                         std::string& wire) {
  wire += "RCPT TO:<";
  wire += address.to_string();
  wire += '>';
  if (offers.dsn) {
    if ((recipient.notify & notify_never) != 0) {
      wire += " NOTIFY=NEVER";
    } else if (recipient.notify != 0) {
      std::string_view separator = " NOTIFY=";
      const auto add = [&](std::uint8_t bit, std::string_view word) {
        if ((recipient.notify & bit) == 0) return;
        wire += separator;
        wire += word;
        separator = ",";
      };
      add(notify_success, "SUCCESS");
      add(notify_failure, "FAILURE");
      add(notify_delay, "DELAY");
    }
    // The type before the semicolon is no xtext.
    const std::size_t semicolon = recipient.orcpt.find(';');
    if (semicolon != std::string::npos)
      wire +=
          " ORCPT=" + recipient.orcpt.substr(0, semicolon + 1) + encode_xtext(recipient.orcpt.substr(semicolon + 1));
  }
  wire += "\r\n";
}

std::string encode_xtext(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > 32 && octet < 127 && octet != '+' && octet != '=') {
      result += c;
    } else {
      result += '+';
      result += digits[octet >> 4];
      result += digits[octet & 15];
    }
  }
  return result;
}

std::string encode_base64(std::string_view octets) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const auto octet = [&](std::size_t offset) -> std::uint32_t {
      return at + offset < octets.size() ? static_cast<unsigned char>(octets[at + offset]) : 0U;
    };
    const std::uint32_t group = octet(0) << 16 | octet(1) << 8 | octet(2);
    result += letters[group >> 18];
    result += letters[group >> 12 & 63];
    result += at + 1 < octets.size() ? letters[group >> 6 & 63] : '=';
    result += at + 2 < octets.size() ? letters[group & 63] : '=';
  }
  return result;
}

}  // namespace gateway
