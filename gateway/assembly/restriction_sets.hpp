#pragma once

#include <memory>
#include <vector>

#include "gateway/config/config.hpp"
#include "policy/rule_set.hpp"

namespace gateway {

/// One parsed rule set for each listener, in the order of config.listeners; an entry is null when its texts have
/// errors. Problems become findings at the place of the item. A set that lets strangers relay is an error.
std::vector<std::shared_ptr<const policy::RuleSet>> parse_restriction_sets(const config::Config& config,
                                                                           std::vector<config::Finding>& findings);

}  // namespace gateway
