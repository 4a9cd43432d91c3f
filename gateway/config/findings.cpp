#include "gateway/config/findings.hpp"

namespace gateway::config {

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) text += to_string(finding) + "\n";
  return text;
}

}  // namespace gateway::config
