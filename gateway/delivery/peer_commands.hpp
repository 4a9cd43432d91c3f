#pragma once

#include <string>
#include <string_view>

#include "gateway/delivery/peer_session.hpp"

namespace gateway {

/// "MAIL FROM:<...>" with the parameters that the server offers, CRLF included. Appends to `wire`.
void append_mail_command(const Envelope& envelope, const lookup::Address& sender, const PeerOffers& offers,
                         std::string& wire);

/// "RCPT TO:<...>" likewise.
void append_rcpt_command(const EnvelopeRecipient& recipient, const lookup::Address& address, const PeerOffers& offers,
                         std::string& wire);

/// xtext of RFC 3461 4.
std::string encode_xtext(std::string_view text);

std::string encode_base64(std::string_view octets);

}  // namespace gateway
