#include "gateway/cli/queue_options.hpp"

#include <fmt/core.h>

#include "gateway/config/read_config.hpp"

namespace gateway::cli {

namespace {

using config::Config;

/// The one place that reads the configuration for the queue commands.
tl::expected<std::shared_ptr<const Config>, std::string> configuration(const std::string& file) {
  std::vector<config::Finding> warnings;
  auto read =
      config::read_config(file.empty() ? config::default_config_path() : file, warnings, config::Secrets::unread);
  if (read) return *read;
  std::string text;
  for (const auto& finding : read.error()) text += (text.empty() ? "" : "\n") + to_string(finding);
  return tl::unexpected(text);
}

std::string route_of(const Config& config, std::string_view domain) {
  for (const auto& served : config.domains)
    if (!served.route.empty() && lookup::ascii_lower(served.name) == lookup::ascii_lower(domain)) return served.route;
  return "default";
}

}  // namespace

tl::expected<QueueOptions, std::string> parse_queue_options(std::span<const std::string> arguments) {
  QueueOptions options;
  std::string older_than;
  const std::pair<std::string_view, std::string*> with_value[] = {
      {"-c", &options.config_file},
      {"--config", &options.config_file},
      {"--directory", &options.directory},
      {"--sender", &options.filter.sender},
      {"--recipient", &options.filter.recipient},
      {"--domain", &options.filter.domain},
      {"--route", &options.filter.route},
      {"--reason", &options.filter.reason},
      {"--state", &options.filter.state},
      {"--older-than", &older_than},
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--json" || argument == "--all") {
      (argument == "--json" ? options.json : options.all) = true;
      continue;
    }
    if (!argument.starts_with('-')) {
      const auto id = parse_message_id(argument);
      if (!id) return tl::unexpected(fmt::format("\"{}\" is not a queue ID", argument));
      options.filter.ids.push_back(*id);
      continue;
    }
    const auto equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    std::string* value = nullptr;
    for (const auto& [known, place] : with_value)
      if (known == name) value = place;
    if (value == nullptr) return tl::unexpected(fmt::format("unknown option \"{}\"", name));
    if (equals != std::string_view::npos)
      *value = argument.substr(equals + 1);
    else if (++i < arguments.size())
      *value = arguments[i];
    else
      return tl::unexpected(fmt::format("{} needs a value", name));
    if (value->empty()) return tl::unexpected(fmt::format("{} needs a value", name));
  }
  if (!older_than.empty()) {
    options.filter.older_than = parse_age(older_than);
    if (!options.filter.older_than)
      return tl::unexpected(fmt::format("\"{}\" is not an age (90s, 5m, 3h, 2d)", older_than));
  }
  const std::string& state = options.filter.state;
  if (!state.empty() && state != "queued" && state != "deferred" && state != "hold" && state != "corrupt")
    return tl::unexpected(fmt::format("\"{}\" is not a state (queued, deferred, hold, corrupt)", state));
  return options;
}

tl::expected<SpoolOptions, std::string> find_queue(QueueOptions& options) {
  SpoolOptions spool;
  if (!options.directory.empty() && options.filter.route.empty()) {
    spool.directory = options.directory;
    return spool;
  }
  auto config = configuration(options.config_file);
  if (!config) return tl::unexpected(config.error());
  spool.directory = options.directory.empty() ? (*config)->queue.directory : options.directory;
  spool.map_size = (*config)->queue.map_size;
  spool.inline_limit = (*config)->queue.inline_content_limit;
  spool.minimum_free = (*config)->queue.minimum_free;
  options.control_socket = (*config)->control.socket;
  options.filter.route_of = [config = *config](std::string_view domain) { return route_of(*config, domain); };
  return spool;
}

tl::expected<std::unique_ptr<Spool>, std::string> open_queue_to_read(QueueOptions& options) {
  const auto place = find_queue(options);
  if (!place) return tl::unexpected(place.error());
  return open_spool_read_only(*place);
}

}  // namespace gateway::cli
