#include "gateway/config/units.hpp"

#include <fmt/format.h>

#include <limits>

namespace gateway::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit second_units[] = {{"w", 604800}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
constexpr Unit millisecond_units[] = {{"w", 604800000}, {"d", 86400000}, {"h", 3600000},
                                      {"m", 60000},     {"s", 1000},     {"ms", 1}};
constexpr Unit size_units[] = {
    {"T", std::uint64_t{1} << 40}, {"G", std::uint64_t{1} << 30}, {"M", std::uint64_t{1} << 20}, {"K", 1024}};

// A hundred years; what is longer is a typing error.
constexpr std::uint64_t longest_seconds = 3'153'600'000;

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

/// Digits and an optional unit; nullopt for anything else or when it exceeds `most`.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units, std::uint64_t bare,
                                       std::uint64_t most) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  std::uint64_t factor = bare;
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (!unit.empty()) {
    const auto found =
        std::find_if(units.begin(), units.end(), [&](const Unit& u) { return same_letters(u.name, unit); });
    if (found == units.end()) return std::nullopt;
    factor = found->factor;
  }
  if (number > most / factor) return std::nullopt;
  return number * factor;
}

std::string print_with_unit(std::uint64_t value, std::span<const Unit> units, std::string_view smallest) {
  if (value != 0)
    for (const Unit& unit : units)
      if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  return fmt::format("{}{}", value, value == 0 ? "" : smallest);
}

}  // namespace

Parsed<bool> parse_yes_no(std::string_view text) {
  for (const auto word : {"yes", "true", "on"})
    if (same_letters(text, word)) return true;
  for (const auto word : {"no", "false", "off"})
    if (same_letters(text, word)) return false;
  return tl::unexpected(fmt::format("\"{}\" is neither yes nor no", text));
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, 10);
  if (error != std::errc{} || rest != end) return tl::unexpected(fmt::format("\"{}\" is not a whole number", text));
  return number;
}

Parsed<Seconds> parse_duration(std::string_view text) {
  const auto value = with_unit(text, second_units, 1, longest_seconds);
  if (!value) return tl::unexpected(fmt::format("\"{}\" is not a duration; write it like 30s, 5m, 4h, 5d or 1w", text));
  return Seconds(static_cast<std::int64_t>(*value));
}

Parsed<Millis> parse_short_duration(std::string_view text) {
  const auto value = with_unit(text, millisecond_units, 1000, longest_seconds * 1000);
  if (!value) return tl::unexpected(fmt::format("\"{}\" is not a duration; write it like 250ms, 30s or 5m", text));
  return Millis(static_cast<std::int64_t>(*value));
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  const auto value = with_unit(text, size_units, 1, std::uint64_t{1} << 60);
  if (!value)
    return tl::unexpected(fmt::format("\"{}\" is not a size; write it in bytes or like 100K, 50M or 2G", text));
  return *value;
}

Parsed<Rate> parse_rate(std::string_view text) {
  const auto fail = [&] {
    return tl::unexpected(
        fmt::format("\"{}\" is not a rate; write it like 60/1m (60 a minute), or 0 for no limit", text));
  };
  if (text == "0") return Rate{};
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return fail();
  const auto count = parse_integer(text.substr(0, slash));
  if (!count || *count < 0 || *count > std::numeric_limits<std::uint32_t>::max()) return fail();
  const std::string per(text.substr(slash + 1));
  const bool has_digit = !per.empty() && per[0] >= '0' && per[0] <= '9';
  const auto time = parse_duration(has_digit ? per : "1" + per);
  if (per.empty() || !time || time->count() == 0) return fail();
  if (*count == 0) return Rate{};
  return Rate{static_cast<std::uint32_t>(*count), *time};
}

Parsed<int> parse_percent(std::string_view text) {
  const auto number = parse_integer(text.ends_with('%') ? text.substr(0, text.size() - 1) : text);
  if (!number || *number < 0 || *number > 100)
    return tl::unexpected(fmt::format("\"{}\" is not a percentage; write it like 20%", text));
  return static_cast<int>(*number);
}

std::string print_duration(Seconds value) {
  return print_with_unit(static_cast<std::uint64_t>(value.count()), second_units, "s");
}

std::string print_short_duration(Millis value) {
  return print_with_unit(static_cast<std::uint64_t>(value.count()), millisecond_units, "ms");
}

std::string print_size(std::uint64_t value) {
  return print_with_unit(value, size_units, "");
}

std::string print_rate(const Rate& value) {
  if (value.count == 0) return "0";
  return fmt::format("{}/{}", value.count, print_duration(value.per));
}

}  // namespace gateway::config
