#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "policy/rule_texts.hpp"

namespace gateway::config {

/// The restrictions that a listener with `restrictions: set` has, ready to be parsed: stages that the named set lacks
/// come from the unnamed one (set ""). An unknown set gives the unnamed one. Without
/// a relay list anywhere: permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination.
policy::RuleTexts rules_of(const Config& config, std::string_view set);

/// Where an item of rules_of() stands in the file.
Place place_of_rule(const Config& config, std::string_view set, const policy::RulePlace& place);

/// The sets that listeners use, each once, the unnamed one first when it is among them.
std::vector<std::string> sets_in_use(const Config& config);

}  // namespace gateway::config
