#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lookup/address.hpp"

namespace gateway {

/// Which addresses a header field holds, as Postfix tells them apart: From, Sender, Reply-To ... name a sender; To, Cc,
/// Bcc ... name recipients; other fields are never rewritten.
enum class HeaderClass : std::uint8_t { none, sender, recipient };
HeaderClass class_of_field(std::string_view name);

/// What becomes of one address; nullopt: it stays as it is written.
using AddressChange = std::function<std::optional<lookup::Address>(const lookup::Address&)>;

/// Changes the addresses in the body of an address field (RFC 5322 3.4, the obsolete forms too). All else stays octet
/// by octet: display names, quoted strings, comments, groups, folds. What is no address is left alone; total for any
/// text. An address that would bring in control characters is not put in.
std::string change_addresses(std::string_view body, const AddressChange& change);

/// Calls `each` with the fields of a header section: the name without colon, the body with its folds and last CRLF, and
/// where the body begins. Stops at the first line that is no field. Returns where the section ends: at the empty line,
/// or there.
std::size_t for_each_field(
    std::string_view section,
    const std::function<void(std::string_view name, std::string_view body, std::size_t body_at)>& each);

/// Changes the addresses in all address fields of a header section. What follows the section is handed on as it is.
std::string change_header(
    std::string_view section,
    const std::function<std::optional<lookup::Address>(const lookup::Address&, HeaderClass)>& change);

}  // namespace gateway
