#include "gateway/cli/options.hpp"

#include <cstdio>

#include "gateway/config/read_config.hpp"

namespace gateway::cli {

std::string Options::value(const std::string& name, std::string_view otherwise) const {
  const auto found = values.find(name);
  return found == values.end() ? std::string(otherwise) : found->second;
}

std::optional<Options> parse_options(std::span<const std::string> arguments, const std::set<std::string>& value_names,
                                     const std::set<std::string>& flag_names) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      options.rest.insert(options.rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      options.rest.push_back(word);
      continue;
    }
    const auto equals = word.find('=');
    std::string name = word.substr(word.starts_with("--") ? 2 : 1,
                                   equals == std::string::npos ? equals : equals - (word.starts_with("--") ? 2 : 1));
    if (name == "c") name = "config";
    if (flag_names.contains(name) && equals == std::string::npos) {
      options.flags.insert(name);
      continue;
    }
    if (name != "config" && !value_names.contains(name)) {
      std::fprintf(stderr, "gatepost: unknown option \"%s\"\n", word.c_str());
      return std::nullopt;
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      std::fprintf(stderr, "gatepost: option \"%s\" needs a value\n", word.c_str());
      return std::nullopt;
    }
    options.values[name] = equals == std::string::npos ? arguments[++i] : word.substr(equals + 1);
  }
  options.config_path = options.value("config", config::default_config_path());
  return options;
}

std::optional<Options> parse_config_option(std::span<const std::string> arguments) {
  return parse_options(arguments, {}, {});
}

}  // namespace gateway::cli
