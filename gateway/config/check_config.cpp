#include "gateway/config/check_config.hpp"

#include <tuple>

namespace gateway::config {

std::vector<Finding> check_config(const Config& config) {
  std::vector<Finding> findings;
  check_listeners(config, findings);
  check_references(config, findings);
  check_files(config, findings);
  check_mailboxes(config, findings);
  check_restrictions(config, findings);
  check_support(config, findings);
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.place.file, a.place.line, a.place.column, a.text) <
           std::tie(b.place.file, b.place.line, b.place.column, b.text);
  });
  // A table that is used in ten places is wrong once.
  const auto same = [](const Finding& a, const Finding& b) { return a.place == b.place && a.text == b.text; };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
  return findings;
}

}  // namespace gateway::config
