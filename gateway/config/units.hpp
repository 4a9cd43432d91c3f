#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/config/config.hpp"

/// The units of the configuration file. Errors are the sentence that the user reads.
namespace gateway::config {

template <class T>
using Parsed = tl::expected<T, std::string>;

/// yes no true false on off, in any case.
[[nodiscard]] Parsed<bool> parse_yes_no(std::string_view text);

/// Decimal digits only: "010" is ten.
[[nodiscard]] Parsed<std::int64_t> parse_integer(std::string_view text);

/// "30s" "5m" "4h" "5d" "1w"; a bare number is seconds, as in Postfix. "250ms" where the key counts milliseconds.
[[nodiscard]] Parsed<Seconds> parse_duration(std::string_view text);
[[nodiscard]] Parsed<Millis> parse_short_duration(std::string_view text);

/// "10240000" "1K" "50M" "2G" "1T", powers of 1024.
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text);

/// "60/1m", "25/1h", "5/s"; 0 is no limit.
[[nodiscard]] Parsed<Rate> parse_rate(std::string_view text);

/// "20%" or "20", from 0 to 100.
[[nodiscard]] Parsed<int> parse_percent(std::string_view text);

// The same back, in the shortest exact form.
std::string print_duration(Seconds value);
std::string print_short_duration(Millis value);
std::string print_size(std::uint64_t value);
std::string print_rate(const Rate& value);

}  // namespace gateway::config
