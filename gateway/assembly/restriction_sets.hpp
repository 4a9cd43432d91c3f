#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "policy/rule_set.hpp"

namespace gateway {

/// The restriction texts that a listener judges by: its named set, stages it lacks from the unnamed one, and
/// the default relay list. `whole_key_tables` comes from the TableSet.
policy::RuleTexts rule_texts(const config::Config& config, const std::string& set_name,
                             const std::set<std::string>& whole_key_tables);

/// One parsed rule set for each listener, in the order of config.listeners; an entry is null when its texts have
/// errors. Problems become findings at the place of the item. A set that lets strangers relay is an error.
std::vector<std::shared_ptr<const policy::RuleSet>> parse_restriction_sets(
    const config::Config& config, const std::set<std::string>& whole_key_tables,
    std::vector<config::Finding>& findings);

}  // namespace gateway
