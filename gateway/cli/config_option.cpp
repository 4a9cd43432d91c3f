#include "gateway/cli/config_option.hpp"

#include "gateway/config/read_config.hpp"

namespace gateway::cli {

std::optional<ConfigOption> take_config_option(std::span<const std::string> arguments) {
  ConfigOption option{config::default_config_path(), {}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-c" || argument == "--config") {
      if (++i == arguments.size()) return std::nullopt;
      option.file = arguments[i];
    } else if (argument.starts_with("--config=")) {
      option.file = argument.substr(9);
    } else if (argument.starts_with("-c") && argument.size() > 2) {
      option.file = argument.substr(2);
    } else {
      option.rest.push_back(argument);
    }
  }
  return option;
}

}  // namespace gateway::cli
