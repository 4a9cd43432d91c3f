#pragma once

#include <string>
#include <vector>

#include "gateway/config/value.hpp"

namespace gateway::config {

/// Replaces ${credential:x}, ${file:path} and ${env:X} in every scalar below `value`, keys excepted. Other ${...}
/// stays as it is, since pattern tables use ${1}.
///
/// A credential is looked for in $CREDENTIALS_DIRECTORY, then in secrets/ beside the configuration; `folder` is where
/// the configuration lies. One newline at the end of a file is dropped. What is missing becomes an error that names
/// the reference, never its content; the value is then a text that is no secret. `files` collects the files that were
/// read, for the check of their modes.
void resolve_secrets(Value& value, const std::string& folder, std::vector<Finding>& findings, std::vector<Text>& files);

}  // namespace gateway::config
