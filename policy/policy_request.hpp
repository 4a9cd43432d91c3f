#pragma once

#include <string>

#include "policy/facts.hpp"

namespace policy {

/// The request of Postfix's policy delegation protocol: name=value lines, then an empty line. `context` is the
/// policy_context of the restriction. Control characters in what a client said become "?", so that no attribute can be
/// forged.
std::string policy_request(Stage stage, const Facts& facts, std::string_view context);

}  // namespace policy
