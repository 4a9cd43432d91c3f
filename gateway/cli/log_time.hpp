#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::cli {

/// The time at the front of a log line.
struct LogTime {
  std::size_t length = 0;  // octets that it takes
  std::time_t time = 0;
  std::string day;  // "2026-11-21", local
};

/// "Nov 21 22:08:11" (the last such moment before a day from `now`) or RFC 3339 with or without fraction and zone.
std::optional<LogTime> parse_log_time(std::string_view line, std::time_t now);

}  // namespace gateway::cli
