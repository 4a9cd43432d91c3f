#include "gateway/smtp/command.hpp"

#include <algorithm>
#include <array>

#include "gateway/smtp/parameters.hpp"
#include "gateway/smtp/replies.hpp"

namespace gateway {

namespace {

constexpr std::array<std::string_view, verb_count> verb_names{
    "helo", "ehlo", "xclient", "xforward", "starttls", "auth", "mail", "rcpt", "data",
    "bdat", "rset", "noop",    "vrfy",     "etrn",     "quit", "expn", "help", "unknown"};

Verb find_verb(std::string_view word) {
  for (std::size_t i = 0; i + 1 < verb_count; ++i)
    if (equal_ignoring_case(word, verb_names[i])) return static_cast<Verb>(i);
  return Verb::unknown;
}

/// Finds the end of the address that starts `text`: past ">" for a bracketed one, else the first blank.
/// Quotes hide brackets and blanks.
std::size_t find_address_end(std::string_view text, bool bracketed) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && bracketed && text[i] == '>') {
      return i + 1;
    } else if (!quoted && !bracketed && (text[i] == ' ' || text[i] == '\t')) {
      return i;
    }
  }
  return bracketed ? std::string_view::npos : text.size();
}

struct Path {
  std::string_view address;  // without brackets
  std::string_view parameters;
};

/// Reads "FROM:<address> parameters" behind MAIL, or "TO:..." behind RCPT.
std::optional<Path> parse_path(std::string_view argument, std::string_view keyword, Strictness strictness) {
  const bool lax = strictness == Strictness::lax;
  if (argument.size() < keyword.size() || !equal_ignoring_case(argument.substr(0, keyword.size()), keyword))
    return std::nullopt;
  argument.remove_prefix(keyword.size());
  if (lax) argument = trim(argument);  // "MAIL FROM :" as some clients write it
  if (argument.empty() || argument.front() != ':') return std::nullopt;
  argument.remove_prefix(1);
  if (lax) argument = trim(argument);
  const bool bracketed = argument.starts_with('<');
  if (argument.empty() || (!bracketed && !lax)) return std::nullopt;
  const auto end = find_address_end(argument, bracketed);
  if (end == std::string_view::npos) return std::nullopt;
  Path path{argument.substr(0, end), argument.substr(end)};
  if (bracketed) path.address = path.address.substr(1, path.address.size() - 2);
  if (lax) path.address = trim(path.address);
  if (!path.parameters.empty() && path.parameters.front() != ' ' && path.parameters.front() != '\t')
    return std::nullopt;
  return path;
}

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char octet) { return static_cast<unsigned char>(octet) >= 0x80; });
}

Command parse_mail(std::string_view argument, const Grammar& grammar) {
  const auto path = parse_path(argument, "FROM", grammar.strictness);
  if (!path) return {Verb::mail, replies::syntax("MAIL FROM:<address>")};
  MailFrom mail;
  if (auto error = read_parameters(path->parameters, grammar, mail)) return {Verb::mail, std::move(*error)};
  if (!mail.smtputf8 && has_eight_bit(path->address)) return {Verb::mail, replies::needs_smtputf8()};
  auto sender = lookup::parse_address(path->address, mail.smtputf8 ? lookup::AllowUtf8::yes : lookup::AllowUtf8::no);
  if (!sender) return {Verb::mail, replies::bad_sender_syntax()};
  mail.sender = std::move(*sender);
  return {Verb::mail, std::move(mail)};
}

Command parse_rcpt(std::string_view argument, const Grammar& grammar) {
  const auto path = parse_path(argument, "TO", grammar.strictness);
  if (!path) return {Verb::rcpt, replies::syntax("RCPT TO:<address>")};
  RcptTo rcpt;
  if (auto error = read_parameters(path->parameters, rcpt)) return {Verb::rcpt, std::move(*error)};
  const bool utf8 = grammar.smtputf8_in_transaction;
  if (!utf8 && has_eight_bit(path->address)) return {Verb::rcpt, replies::needs_smtputf8()};
  auto recipient = lookup::parse_address(path->address, utf8 ? lookup::AllowUtf8::yes : lookup::AllowUtf8::no);
  if (!recipient || recipient->local.empty()) return {Verb::rcpt, replies::bad_recipient_syntax()};
  rcpt.recipient = std::move(*recipient);
  return {Verb::rcpt, std::move(rcpt)};
}

Command parse_bdat(std::string_view argument) {
  const auto blank = argument.find_first_of(" \t");
  const auto size = parse_decimal(argument.substr(0, blank));
  const auto rest = blank == std::string_view::npos ? std::string_view{} : trim(argument.substr(blank));
  if (!size || (!rest.empty() && !equal_ignoring_case(rest, "LAST")))
    return {Verb::bdat, replies::syntax("BDAT count [LAST]")};
  return {Verb::bdat, Chunk{*size, !rest.empty()}};
}

}  // namespace

std::string_view to_string(Verb verb) {
  return verb_names[static_cast<std::size_t>(verb)];
}

Command parse_command(std::string_view line, const Grammar& grammar) {
  if (std::any_of(line.begin(), line.end(),
                  [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }))
    return {Verb::unknown, replies::not_recognized()};
  line = trim(line);
  const auto end = line.find_first_of(" \t");
  const Verb verb = find_verb(line.substr(0, end));
  const auto argument = end == std::string_view::npos ? std::string_view{} : trim(line.substr(end));
  switch (verb) {
    case Verb::mail:
      return parse_mail(argument, grammar);
    case Verb::rcpt:
      return parse_rcpt(argument, grammar);
    case Verb::bdat:
      return parse_bdat(argument);
    case Verb::data:
    case Verb::rset:
    case Verb::quit:
    case Verb::starttls:
      if (argument.empty()) return {verb, std::string_view{}};
      return {verb, replies::syntax(verb == Verb::data   ? "DATA"
                                    : verb == Verb::rset ? "RSET"
                                    : verb == Verb::quit ? "QUIT"
                                                         : "STARTTLS")};
    case Verb::unknown:
      return {verb, replies::not_recognized()};
    default:
      return {verb, argument};
  }
}

bool is_foreign_protocol(std::string_view line) {
  if (line.empty()) return false;
  const char first = line.front();
  const bool letter = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
  if (!letter) return first != ' ' && first != '\t';
  const auto word = line.substr(0, line.find(' '));
  return equal_ignoring_case(word, "GET") || equal_ignoring_case(word, "POST") ||
         equal_ignoring_case(word, "CONNECT") || equal_ignoring_case(word, "PUT") ||
         equal_ignoring_case(word, "HEAD") || equal_ignoring_case(word, "OPTIONS");
}

}  // namespace gateway
