#include "gateway/cli/log_time.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>

namespace gateway::cli {

namespace {

constexpr std::time_t a_day = 86400;
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// `count` digits at `at`, a space in front allowed when `padded`; -1 for anything else.
int number_at(std::string_view text, std::size_t at, std::size_t count, bool padded = false) {
  if (at + count > text.size()) return -1;
  auto digits = text.substr(at, count);
  if (padded && digits.starts_with(' ')) digits.remove_prefix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size() && number >= 0 ? number : -1;
}

bool read_clock(std::string_view text, std::size_t at, std::tm& time) {
  time.tm_hour = number_at(text, at, 2);
  time.tm_min = number_at(text, at + 3, 2);
  time.tm_sec = number_at(text, at + 6, 2);
  const bool is_punctuated = at + 8 <= text.size() && text[at + 2] == ':' && text[at + 5] == ':';
  return is_punctuated && time.tm_hour >= 0 && time.tm_hour < 24 && time.tm_min >= 0 && time.tm_min < 60 &&
         time.tm_sec >= 0 && time.tm_sec <= 60;
}

std::string day_of(std::time_t time) {
  std::tm local{};
  ::localtime_r(&time, &local);
  return fmt::format("{:04}-{:02}-{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

LogTime finished(std::size_t length, std::time_t time) {
  return {length, time, day_of(time)};
}

std::optional<LogTime> parse_traditional(std::string_view line, std::time_t now) {
  std::tm time{};
  if (line.size() < 15 || line[3] != ' ' || line[6] != ' ') return std::nullopt;
  const auto month = months.find(line.substr(0, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  time.tm_mon = static_cast<int>(month / 3);
  time.tm_mday = number_at(line, 4, 2, true);
  if (time.tm_mday < 1 || time.tm_mday > 31 || !read_clock(line, 7, time)) return std::nullopt;
  std::tm today{};
  ::localtime_r(&now, &today);
  for (const int years_ago : {0, 1}) {
    std::tm copy = time;
    copy.tm_year = today.tm_year - years_ago;
    copy.tm_isdst = -1;
    const auto result = std::mktime(&copy);
    if (result <= now + a_day || years_ago == 1) return finished(15, result);
  }
  return std::nullopt;
}

/// Seconds east of Greenwich at `at` ("Z", "+01:00", "+0100"); moves `at` behind it. nullopt: no zone.
std::optional<int> read_zone(std::string_view line, std::size_t& at) {
  if (at >= line.size()) return std::nullopt;
  if (line[at] == 'Z') {
    ++at;
    return 0;
  }
  if (line[at] != '+' && line[at] != '-') return std::nullopt;
  const bool has_colon = at + 3 < line.size() && line[at + 3] == ':';
  const int hours = number_at(line, at + 1, 2), minutes = number_at(line, at + (has_colon ? 4 : 3), 2);
  if (hours < 0 || minutes < 0) return std::nullopt;
  const int sign = line[at] == '-' ? -1 : 1;
  at += has_colon ? 6 : 5;
  return sign * (hours * 3600 + minutes * 60);
}

std::optional<LogTime> parse_rfc3339(std::string_view line) {
  std::tm time{};
  if (line.size() < 19 || line[4] != '-' || line[7] != '-' || (line[10] != 'T' && line[10] != ' ')) return std::nullopt;
  const int year = number_at(line, 0, 4);
  time.tm_year = year - 1900;
  time.tm_mon = number_at(line, 5, 2) - 1;
  time.tm_mday = number_at(line, 8, 2);
  if (year < 1970 || time.tm_mon < 0 || time.tm_mon > 11 || time.tm_mday < 1 || time.tm_mday > 31 ||
      !read_clock(line, 11, time))
    return std::nullopt;
  std::size_t at = 19;
  if (at < line.size() && line[at] == '.')
    for (++at; at < line.size() && line[at] >= '0' && line[at] <= '9';) ++at;
  if (const auto zone = read_zone(line, at)) return finished(at, ::timegm(&time) - *zone);
  time.tm_isdst = -1;
  return finished(at, std::mktime(&time));
}

}  // namespace

std::optional<LogTime> parse_log_time(std::string_view line, std::time_t now) {
  if (auto time = parse_rfc3339(line)) return time;
  return parse_traditional(line, now);
}

}  // namespace gateway::cli
