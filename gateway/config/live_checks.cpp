#include "gateway/config/check_config.hpp"
#include "gateway/config/live_certificates.hpp"
#include "gateway/config/live_network.hpp"

namespace gateway::config {

const std::vector<LiveCheck>& live_checks() {
  static const std::vector<LiveCheck> checks{
      {"certificates", check_certificates},
      {"ports", check_ports},
  };
  return checks;
}

}  // namespace gateway::config
