#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

using Findings = std::vector<Finding>;
using ConfigResult = tl::expected<std::shared_ptr<const Config>, Findings>;

/// Whether secrets must be had. `unread` is for commands that need none: they work for users who may not read the
/// secrets, and outside the service that gets them as credentials. What cannot be read then is a text that no password
/// is; the check of the file's modes sees nothing of it.
enum class Secrets : bool { required, unread };

/// Reads a configuration file: strict, with every default filled in and every secret resolved.
///
/// All errors of the file are returned at once, in the order of its lines; `warnings` grows also on success. Touches
/// only the file itself and the secrets that it names; whether tables, certificates and servers are there is the
/// business of check_config.
[[nodiscard]] ConfigResult read_config(const std::string& path, Findings& warnings,
                                       Secrets secrets = Secrets::required);

/// The same from text; `path` names it in findings, and its folder is where relative paths start.
[[nodiscard]] ConfigResult read_config_text(std::string_view text, const std::string& path, Findings& warnings,
                                            Secrets secrets = Secrets::required);

/// The file to read when no -c is given: $GATEPOST_CONFIG, else /etc/gatepost/gatepost.yaml.
std::string default_config_path();

}  // namespace gateway::config
