#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lookup {

/// An e-mail address as the envelope carries it: local part without quoting, domain without brackets removed
/// ("[192.0.2.1]" keeps them). Both empty is the null sender <>. A domain may be empty for an unqualified address.
struct Address {
  std::string local;
  std::string domain;

  bool is_null() const { return local.empty() && domain.empty(); }

  /// local@domain, local part quoted where RFC 5321 4.1.2 needs it; "" for the null sender; "local" when unqualified.
  std::string to_string() const;

  /// to_string() in lower case (ASCII; UTF-8 case folded as in RFC 6531 use): the key for tables and caches.
  std::string folded() const;

  bool operator==(const Address&) const = default;
};

/// Parses what stands between < and > of MAIL or RCPT (RFC 5321 4.1.2, RFC 6531 with `utf8`), without the brackets.
/// Source routes (@a,@b:user@c) are stripped. "" is the null sender. Control characters, NUL, unbalanced quotes, empty
/// labels, over-long parts (64 / 255 octets) give nullopt. A domain-less local part is accepted: the caller decides.
enum class AllowUtf8 : bool { no, yes };
std::optional<Address> parse_address(std::string_view text, AllowUtf8 utf8 = AllowUtf8::yes);

/// Splits at the last unquoted @ without judging validity; used for keys and for table results.
Address split_address(std::string_view text);

/// Lower case for ASCII only; other octets unchanged.
std::string ascii_lower(std::string_view text);

}  // namespace lookup
