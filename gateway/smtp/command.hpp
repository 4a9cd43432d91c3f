#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/smtp/reply.hpp"
#include "lookup/address.hpp"

namespace gateway {

/// The commands of RFC 5321 with its extensions, in the order of the counters in the disconnect line.
enum class Verb : std::uint8_t {
  helo,
  ehlo,
  xclient,
  xforward,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  vrfy,
  etrn,
  quit,
  expn,
  help,
  unknown
};
inline constexpr std::size_t verb_count = static_cast<std::size_t>(Verb::unknown) + 1;

/// "ehlo", in lower case.
std::string_view to_string(Verb verb);

struct MailFrom {
  lookup::Address sender;
  std::optional<std::uint64_t> size;
  bool eight_bit = false;  // BODY=8BITMIME
  bool smtputf8 = false;
  bool require_tls = false;  // REQUIRETLS (RFC 8689)
  char ret = 0;              // 'F', 'H' or 0
  std::string envid;         // xtext decoded
  std::string auth;          // AUTH=, xtext decoded; "<>" and "" are kept apart
};

struct RcptTo {
  lookup::Address recipient;
  std::uint8_t notify = 0;  // bits of Notify
  std::string orcpt;        // "rfc822;a@b", xtext decoded
};

struct Chunk {
  std::uint64_t size = 0;
  bool last = false;
};

/// A command as it was understood. `content` is a Reply when it was not: the answer to give, whatever the state; for
/// verbs without structure the argument as it stands in the line, for which it then is a view.
struct Command {
  Verb verb = Verb::unknown;
  std::variant<std::string_view, MailFrom, RcptTo, Chunk, Reply> content;
};

enum class Strictness : std::uint8_t { lax, strict };

/// Parses one line without its line end. Pure and total. Lax is Postfix's way: lower case, `MAIL FROM: bob`, blanks
/// around the address. Addresses with 8-bit octets need the SMTPUTF8 parameter; RCPT asks the transaction for it.
struct Grammar {
  Strictness strictness = Strictness::lax;
  bool smtputf8_offered = true;
  bool smtputf8_in_transaction = false;
  bool require_tls_offered = false;
};
Command parse_command(std::string_view line, const Grammar& grammar);

/// RFC 3461 xtext; nullopt for bad escapes and for control octets, which nobody needs and attackers do.
std::optional<std::string> decode_xtext(std::string_view text);

/// GET, POST, CONNECT or no letter at all: not a mail client.
bool is_foreign_protocol(std::string_view line);

}  // namespace gateway
