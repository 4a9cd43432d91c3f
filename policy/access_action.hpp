#pragma once

#include <cstdint>
#include <string_view>

namespace policy {

/// One answer of an access table or a policy service, in the language of access(5).
///
/// `text` is what follows the action's name (for refuse: what follows code and enhanced status code); `dsn` is the
/// enhanced status code that stood in front of it, or the action's default. All views point into the parsed text or at
/// constants.
struct AccessAction {
  enum class Kind : std::uint8_t {
    permit,           // OK, RELAY, all digits
    dunno,            // DUNNO
    refuse,           // 4NN text, 5NN text
    reject,           // REJECT [text]
    defer,            // DEFER [text]
    defer_if_permit,  // DEFER_IF_PERMIT [text]
    defer_if_reject,  // DEFER_IF_REJECT [text]
    bcc,
    discard,
    filter,
    hold,
    prepend,
    redirect,
    info,
    warn,
    hangup,
    restrictions,  // anything else: names of restrictions or of a restriction class
    malformed,     // BCC, FILTER, PREPEND, REDIRECT without what they need; ignored with a warning
    empty,         // an empty answer
  };

  Kind kind = Kind::dunno;
  int code = 0;
  std::string_view dsn;
  std::string_view text;
};

/// Total: any text is some action. Names ignore case.
AccessAction parse_access_action(std::string_view answer);

/// Takes an enhanced status code ("5.7.1") off the front of a text; "" when none stands there.
std::string_view take_dsn(std::string_view& text);

}  // namespace policy
