#include "gateway/log_line.hpp"

#include <syslog.h>

#include <ctime>

#include "lookup/utf8.hpp"

namespace gateway {

namespace {

std::string_view level_name(Level level) {
  switch (level) {
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
    case Level::fatal:
      return "fatal";
  }
  return "info";
}

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || static_cast<unsigned char>(c) == 0xe2) return false;
  return true;
}

/// Octets that are no UTF-8 are written as if they were Latin-1: the object must stay readable.
void append_json_string(std::string& out, std::string_view text) {
  const bool is_text = lookup::is_utf8(text);
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || (!is_text && static_cast<signed char>(c) < 0)) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Local time in the two forms of the log; formatted once a second for each thread.
struct ClockText {
  std::time_t second = -1;
  char syslog[20] = {};   // "Nov 21 22:08:11"
  char rfc3339[24] = {};  // "2026-11-21T22:08:11"
  char zone[8] = {};      // "+01:00"

  void refresh(std::time_t now) {
    if (now == second) return;
    second = now;
    std::tm local{};
    localtime_r(&now, &local);
    std::strftime(rfc3339, sizeof rfc3339, "%Y-%m-%dT%H:%M:%S", &local);
    char offset[8];
    std::strftime(offset, sizeof offset, "%z", &local);
    std::snprintf(zone, sizeof zone, "%.3s:%.2s", offset, offset + 3);
    // %e pads the day with a blank, as syslog does; the month is English whatever the locale.
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::snprintf(syslog, sizeof syslog, "%s %2d %02d:%02d:%02d", months[local.tm_mon], local.tm_mday % 100,
                  local.tm_hour % 100, local.tm_min % 100, local.tm_sec % 100);
  }
};

/// The clock of this thread, at the present second.
const ClockText& clock_now(std::time_t now) {
  thread_local ClockText clock;
  clock.refresh(now);
  return clock;
}

}  // namespace

std::string_view program_name(Program program) {
  switch (program) {
    case Program::smtpd:
      return "smtpd";
    case Program::cleanup:
      return "cleanup";
    case Program::qmgr:
      return "qmgr";
    case Program::smtp:
      return "smtp";
    case Program::lmtp:
      return "lmtp";
    case Program::virtual_:
      return "virtual";
    case Program::local:
      return "local";
    case Program::bounce:
      return "bounce";
    case Program::error:
      return "error";
    case Program::anvil:
      return "anvil";
    case Program::master:
      return "master";
  }
  return "master";
}

std::string_view syslog_time() {
  return clock_now(std::time(nullptr)).syslog;
}

void append_syslog_head(std::string& line, std::string_view host, std::string_view syslog_name, Program program,
                        std::string_view pid) {
  line += syslog_time();
  line += ' ';
  line += host;
  line += ' ';
  line += syslog_name;
  line += '/';
  line += program_name(program);
  line += '[';
  line += pid;
  line += "]: ";
}

void append_postfix_line(std::string& line, const LogLine& event) {
  if (!event.queue_id.empty()) {
    line += event.queue_id;
    line += ": ";
  }
  if (event.level == Level::warning && event.queue_id.empty() && !event.text.starts_with("warning: "))
    line += "warning: ";
  if (event.level == Level::error) line += "error: ";
  if (event.level == Level::fatal) line += "fatal: ";
  if (is_plain(event.text))
    line += event.text;
  else
    line += escape_for_log(event.text);
}

void append_json_line(std::string& line, const LogLine& event, std::initializer_list<LogField> fields) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto& clock = clock_now(now.tv_sec);
  line += fmt::format("{{\"time\":\"{}.{:06}{}\",\"program\":\"{}\",\"level\":\"{}\",\"event\":", clock.rfc3339,
                      now.tv_nsec / 1000, clock.zone, program_name(event.program), level_name(event.level));
  append_json_string(line, event.event);
  if (!event.queue_id.empty()) {
    line += ",\"queue_id\":";
    append_json_string(line, event.queue_id);
  }
  line += ",\"text\":";
  append_json_string(line, is_plain(event.text) ? std::string(event.text) : escape_for_log(event.text));
  for (const auto& field : fields) {
    line += ',';
    append_json_string(line, field.name);
    line += ':';
    if (field.number)
      line += field.value;
    else
      append_json_string(line, field.value);
  }
  line += '}';
}

std::string escape_for_log(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
      continue;
    }
    // U+2028..U+202E and U+2066..U+2069 break lines or turn the direction of what follows.
    if (c == 0xe2 && i + 2 < text.size()) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      const auto third = static_cast<unsigned char>(text[i + 2]);
      if ((second == 0x80 && third >= 0xa8 && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9)) {
        out += '?';
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

int syslog_priority(Level level) {
  switch (level) {
    case Level::info:
      return LOG_INFO;
    case Level::warning:
      return LOG_WARNING;
    case Level::error:
      return LOG_ERR;
    case Level::fatal:
      return LOG_CRIT;
  }
  return LOG_INFO;
}

void append_journal_record(std::string& record, const LogLine& event, std::initializer_list<LogField> fields,
                           std::string_view message, std::string_view syslog_name, std::string_view pid) {
  record += fmt::format("MESSAGE={}\nPRIORITY={}\nSYSLOG_IDENTIFIER={}/{}\nSYSLOG_FACILITY=2\nSYSLOG_PID={}\n", message,
                        syslog_priority(event.level), syslog_name, program_name(event.program), pid);
  if (!event.event.empty()) record += fmt::format("GATEPOST_EVENT={}\n", escape_for_log(event.event));
  if (!event.queue_id.empty()) record += fmt::format("GATEPOST_QUEUE_ID={}\n", escape_for_log(event.queue_id));
  for (const auto& field : fields) {
    if (field.value.empty()) continue;
    record += "GATEPOST_";
    for (const char c : field.name) record += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    record += "=" + escape_for_log(field.value) + "\n";
  }
}

}  // namespace gateway
