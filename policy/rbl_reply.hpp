#pragma once

#include <string>
#include <string_view>

#include "policy/facts.hpp"

namespace policy {

/// What the macros of a DNSBL reply stand for.
struct RblReply {
  int code = 554;
  std::string_view domain;  // the list, without filter
  std::string_view reason;  // its TXT record
  std::string_view what;    // the listed address or name
  std::string_view object;  // "Client host"
};

/// Expands $name, ${name}, ${name?text}, ${name:text} of a default_rbl_reply template. Unknown names give nothing.
std::string expand_rbl_reply(std::string_view text, const RblReply& reply, const Facts& facts);

/// True when the template shows the list's TXT record, so that it must be asked.
bool shows_reason(std::string_view text);

}  // namespace policy
