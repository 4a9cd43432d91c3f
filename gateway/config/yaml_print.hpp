#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/config.hpp"

/// Values as YAML text on one line, quoted only where needed.
namespace gateway::config {

std::string print_text(std::string_view text);
std::string print_list(const std::vector<std::string>& texts);
std::string print_list(const Texts& texts);
std::string print_list(const std::vector<lookup::Network>& networks);
std::string print_list(const std::vector<lookup::IpAddress>& addresses);
std::string print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace gateway::config
