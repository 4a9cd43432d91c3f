#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "gateway/log.hpp"

namespace gateway {

/// One event, before it has a form.
struct LogLine {
  Program program;
  Level level;
  std::string_view event, queue_id, text;
};

std::string_view program_name(Program program);

/// "Nov 21 22:08:11": local time, English month, day padded with a blank. Valid until the thread's next call.
std::string_view syslog_time();

/// "Nov 21 22:08:11 mx1 postfix/smtpd[213]: "
void append_syslog_head(std::string& line, std::string_view host, std::string_view syslog_name, Program program,
                        std::string_view pid);

/// "E3206A80939: text", control characters made visible.
void append_postfix_line(std::string& line, const LogLine& event);

/// A record of the journal's native protocol, a FIELD=value a line: `message` is the line as the log's form has it; the
/// event, its queue ID and its fields become GATEPOST_EVENT, GATEPOST_QUEUE_ID, GATEPOST_RECIPIENT and so on. The
/// facility is that of mail, so that rsyslog files it as such.
void append_journal_record(std::string& record, const LogLine& event, std::initializer_list<LogField> fields,
                           std::string_view message, std::string_view syslog_name, std::string_view pid);

/// syslog(3)'s priority of a level.
int syslog_priority(Level level);

/// One JSON object, valid whatever octets the peer sent.
void append_json_line(std::string& line, const LogLine& event, std::initializer_list<LogField> fields);

}  // namespace gateway
