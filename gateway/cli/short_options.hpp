#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::cli {

/// One option of a program with getopt(3) manners: "-dv ALL" is d with a value or d and v, as the program says.
struct ShortOption {
  char name = 0;
  std::string value;
};

struct ShortOptions {
  std::vector<ShortOption> options;  // in their order
  std::vector<std::string> rest;

  bool has(char name) const;
  std::string value(char name) const;
};

/// `known` as getopt(3) has it: "d:v". Options end at "--" or at the first word that is none. nullopt after a complaint
/// on stderr.
std::optional<ShortOptions> parse_short_options(std::string_view program, std::string_view known,
                                                std::span<const std::string> arguments);

}  // namespace gateway::cli
