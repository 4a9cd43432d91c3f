#include "gateway/config/check_config.hpp"

namespace gateway::config {

std::vector<Finding> check_config(const Config& config) {
  std::vector<Finding> findings;
  check_listeners(config, findings);
  check_references(config, findings);
  check_files(config, findings);
  check_restrictions(config, findings);
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return findings;
}

}  // namespace gateway::config
