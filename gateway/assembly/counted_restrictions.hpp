#pragma once

#include <memory>
#include <string_view>

#include "gateway/metrics.hpp"
#include "gateway/smtp/restrictions.hpp"
#include "policy/rule_set.hpp"

namespace gateway {

/// The restrictions of one listener, with each refusal counted for the item that decided. The series of all items
/// exist from the start; what a restriction class or the safety net refused counts as "other".
std::shared_ptr<const Restrictions> count_refusals(std::shared_ptr<const policy::RuleSet> rules,
                                                   std::string_view listener, Metrics& metrics);

}  // namespace gateway
