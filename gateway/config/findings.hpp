#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

/// One line for each finding, each ended by a newline.
std::string to_text(const std::vector<Finding>& findings);

}  // namespace gateway::config
