#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

enum class Show : bool { all, changed };

/// Effective values as (path, YAML text), in the order of the key table: {"limits.message_size_limit", "50M"}.
/// Secrets are "***". With Show::changed only what differs from the default.
std::vector<std::pair<std::string, std::string>> show_config(const Config& config, Show which);

/// Keys that differ between two configurations and take effect only after a restart, for the reload's message.
std::vector<std::string> restart_only_changes(const Config& running, const Config& wanted);

}  // namespace gateway::config
