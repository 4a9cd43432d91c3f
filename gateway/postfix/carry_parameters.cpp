#include <fmt/core.h>

#include <charconv>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/parameters.hpp"
#include "gateway/postfix/translation.hpp"
#include "lookup/address.hpp"

namespace gateway::postfix {

namespace {

Draft::Path path_of(std::string_view dotted) {
  Draft::Path path;
  while (!dotted.empty()) {
    const auto dot = dotted.find('.');
    path.emplace_back(dotted.substr(0, dot));
    dotted.remove_prefix(dot == std::string_view::npos ? dotted.size() : dot + 1);
  }
  return path;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "5d", "300", with the unit that a bare number has.
std::optional<std::string> time_of(std::string_view text, char unit) {
  const bool has_unit = !text.empty() && std::string_view("smhdw").find(text.back()) != std::string_view::npos;
  const auto number = number_of(text.substr(0, text.size() - (has_unit ? 1 : 0)));
  if (!number) return std::nullopt;
  if (*number == 0) return "0";
  return fmt::format("{}{}", *number, has_unit ? text.back() : unit);
}

void carry(Translation& translation, const Parameter& row) {
  const std::string name(row.name);
  const std::string value = translation.value(name);
  const auto path = path_of(row.target);
  const std::string origin = translation.origin(name);
  const auto set = [&](const std::optional<std::string>& yaml, const char* kind) {
    if (yaml)
      translation.draft.set(path, *yaml, origin);
    else
      translation.note(name, fmt::format("\"{}\" is not {}; the default is kept", value, kind));
  };
  switch (row.how) {
    case Carried::text:
      if (!value.empty()) set(config::print_text(value), "a text");
      break;
    case Carried::words:
      set(config::print_text(translation.main.find(name)->value), "a text");
      translation.main.mark_read(name);
      break;
    case Carried::number:
    case Carried::size: {
      const auto number = number_of(value);
      set(number ? std::optional(std::to_string(*number)) : std::nullopt, "a number");
      break;
    }
    case Carried::yes_no:
      set(is_yes(value) ? "yes" : "no", "yes or no");
      break;
    case Carried::seconds:
      set(time_of(value, 's'), "a time");
      break;
    case Carried::hours:
      set(time_of(value, 'h'), "a time");
      break;
    case Carried::days:
      set(time_of(value, 'd'), "a time");
      break;
    case Carried::list:
      set(config::print_list(translation.words(name)), "a list");
      break;
    case Carried::maps:
      if (const auto maps = carry_maps(translation, name); !maps.empty()) set(config::print_list(maps), "a list");
      break;
    case Carried::without:
      if (!value.empty()) translation.note(name, "not carried over: " + std::string(row.target));
      break;
    case Carried::elsewhere:
    case Carried::not_needed:
      break;
  }
}

bool belongs_to_a_transport(std::string_view name) {
  return name.ends_with("_destination_concurrency_limit") || name.ends_with("_destination_recipient_limit") ||
         name.ends_with("_destination_rate_delay");
}

}  // namespace

void carry_parameters(Translation& translation) {
  for (const auto& row : parameters())
    if (translation.main.has(row.name)) carry(translation, row);
}

void note_the_rest(Translation& translation) {
  for (const auto& [name, setting] : translation.main.settings()) {
    if (find_parameter(name) != nullptr || translation.main.was_read(name)) continue;
    if (belongs_to_a_transport(name))
      translation.note(name, "not carried over: set concurrency, recipient_limit or rate of the route that it is for");
    else
      translation.note(name, "not carried over: Gatepost has no counterpart of this parameter");
  }
}

}  // namespace gateway::postfix
