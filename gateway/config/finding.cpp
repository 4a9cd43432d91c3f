#include <fmt/format.h>

#include "gateway/config/config.hpp"

namespace gateway::config {

std::string to_string(const Finding& finding) {
  static constexpr std::string_view words[] = {"note", "warning", "error"};
  const std::string_view word = words[static_cast<std::size_t>(finding.severity)];
  const Place& place = finding.place;
  if (place.line == 0) return fmt::format("{}: {}: {}", place.file, word, finding.text);
  return fmt::format("{}:{}:{}: {}: {}", place.file, place.line, place.column, word, finding.text);
}

Place place_of(const Config& config, std::string_view path) {
  const auto found = config.places.find(path);
  return found == config.places.end() ? Place{config.file, 0, 0} : found->second;
}

}  // namespace gateway::config
