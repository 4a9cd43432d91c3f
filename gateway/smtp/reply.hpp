#pragma once

#include <string>
#include <string_view>

namespace gateway {

/// One answer to the client. `dsn` may be empty (banner, 354, 334). A line feed in `text` starts a further line.
struct Reply {
  int code = 0;
  std::string dsn;
  std::string text;

  bool is_error() const { return code >= 400; }
  bool is_temporary() const { return code >= 400 && code < 500; }
};

/// A permanent refusal as a temporary one, for soft_bounce; anything else as it is.
Reply softened(Reply reply);

/// Appends the reply as it goes over the wire. Control characters become "?": no text, whoever wrote it, can add a
/// line.
void append_reply(std::string& out, const Reply& reply);

/// "554 5.7.1 <a@b>: Relay access denied", one line, as the log shows it.
std::string to_string(const Reply& reply);

}  // namespace gateway
