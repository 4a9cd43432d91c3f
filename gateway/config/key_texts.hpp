#pragma once

#include <string>

namespace gateway::config {

/// The JSON Schema (draft-07) of the configuration file: schemas/gatepost.schema.json.
std::string schema_text();

/// The reference page: docs/config.md.
std::string reference_text();

/// A configuration file with every key, commented, with its default: etc/gatepost.yaml.
std::string template_text();

/// gatepost.yaml(5), in roff.
std::string man_text();

}  // namespace gateway::config
