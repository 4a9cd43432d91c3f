#pragma once

#include <optional>
#include <string>

#include "gateway/config/config.hpp"
#include "policy/rule_set.hpp"

namespace gateway::config {

/// A way through the restrictions that only trusted clients should have.
struct RelayHole {
  std::string recipient;  // that a stranger may send to
  std::string item;       // which restriction let him, "" when none kept him out
};

/// Judges a client outside of mynetworks, without login, against recipients that are not ours: one in an unserved
/// domain, and one routed through each served domain (user%elsewhere@ours). Tables are taken as empty, DNS lists and
/// services as having nothing against the mail. The first that is let through is the proof of an open relay.
std::optional<RelayHole> find_relay_hole(const Config& config, const policy::RuleSet& rules);

}  // namespace gateway::config
