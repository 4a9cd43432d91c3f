#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/smtp/command.hpp"

namespace gateway {

/// Reads the ESMTP parameters behind the address of MAIL or RCPT ("SIZE=100 BODY=8BITMIME") into the command.
/// Returns the reply for the first one that is wrong or unknown.
std::optional<Reply> read_parameters(std::string_view text, const Grammar& grammar, MailFrom& mail);
std::optional<Reply> read_parameters(std::string_view text, RcptTo& rcpt);

bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);

/// Digits only; nullopt for anything else and for what does not fit 63 bits.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace gateway
