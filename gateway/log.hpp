#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/config/config.hpp"

namespace gateway {

/// The program name a line carries in Postfix format: "postfix/smtpd[PID]".
enum class Program : std::uint8_t { smtpd, cleanup, qmgr, smtp, lmtp, virtual_, local, bounce, error, anvil, master };

enum class Level : std::uint8_t { info, warning, error, fatal };

/// A field of the JSON form; numbers are written as they are when `number` is set.
struct LogField {
  std::string_view name;
  std::string_view value;
  bool number = false;
};

/// The mail log. One call is one line; control characters are escaped here, so that no peer can forge a line.
///
/// Safe from any thread and never blocks on the disk: lines are gathered and written by the log's own thread, at once
/// when idle. In Postfix format the line is `text` behind the queue ID (if any); in JSON format it is an object with
/// time, program, event, queue_id, text and `fields`, whose names are stable.
class Log {
 public:
  virtual ~Log() = default;

  virtual void write(Program program, Level level, std::string_view event, std::string_view queue_id,
                     std::string_view text, std::initializer_list<LogField> fields = {}) = 0;

  void info(Program program, std::string_view event, std::string_view text) {
    write(program, Level::info, event, {}, text);
  }
  void warning(Program program, std::string_view text) { write(program, Level::warning, "warning", {}, text); }

  /// Writes what is gathered; reopens a file target (log rotation).
  virtual void flush() = 0;
  virtual void reopen() = 0;

  /// Lines lost since the start because they could not be written in time.
  virtual std::uint64_t lost() const { return 0; }
};

/// Opens the target named in `logging`. The error is a sentence.
[[nodiscard]] tl::expected<std::unique_ptr<Log>, std::string> open_log(const config::Logging& logging);

/// `text` with control characters, DEL and bidirectional overrides made visible.
std::string escape_for_log(std::string_view text);

}  // namespace gateway
