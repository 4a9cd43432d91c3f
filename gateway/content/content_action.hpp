#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// What a table of content_checks wants done with the line that it was asked for: the right-hand sides of
/// header_checks(5).
struct ContentAction {
  enum class Kind : std::uint8_t {
    dunno,
    bcc,
    discard,
    filter,
    hold,
    ignore,
    info,
    pass,
    prepend,
    redirect,
    reject,
    replace,
    strip,
    warn
  };

  Kind kind = Kind::dunno;
  std::string text;  // behind the word

  bool operator==(const ContentAction&) const = default;
};

/// The word as it stands in log lines: "reject", "warning", "replace".
std::string_view to_string(ContentAction::Kind kind);

/// nullopt for a word that is no action, and for an action that lacks the text it needs.
std::optional<ContentAction> parse_content_action(std::string_view value);

}  // namespace gateway
