#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/postfix/translation.hpp"

namespace gateway::postfix {

/// A Postfix installation as a gatepost.yaml, and what was lost on the way, in the order of the files' lines.
struct Imported {
  std::string yaml;
  std::vector<config::Finding> notes;
  std::vector<Secret> secrets;  // each belongs into secrets/NAME beside the YAML file
};

/// Reads main.cf, master.cf and the maps that they name; changes nothing. Fails only when `folder` has no main.cf that
/// can be read; the error is a sentence.
[[nodiscard]] tl::expected<Imported, std::string> import_postfix(const std::string& folder);

}  // namespace gateway::postfix
