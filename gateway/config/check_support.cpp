#include "gateway/config/check_config.hpp"

/// Values that the file may hold and this version does not carry out: said aloud, never ignored.
namespace gateway::config {
namespace {

constexpr const char* words = "not yet supported";

void refuse(const Config& config, std::vector<Finding>& findings, const std::string& path, const std::string& what) {
  findings.push_back({Severity::error, place_of(config, path), path + ": " + what + ": " + words});
}

void caution(const Config& config, std::vector<Finding>& findings, const std::string& path, const std::string& what) {
  findings.push_back({Severity::warning, place_of(config, path), path + ": " + words + "; " + what});
}

void check_routes(const Config& config, std::vector<Finding>& findings) {
  for (const auto& route : config.routes) {
    const auto level = route.tls.level;
    if (level == TlsLevel::dane || level == TlsLevel::dane_only || level == TlsLevel::fingerprint)
      refuse(config, findings, "routes." + route.name + ".tls.level",
             level == TlsLevel::fingerprint ? "fingerprint" : "dane");
  }
}

}  // namespace

void check_support(const Config& config, std::vector<Finding>& findings) {
  check_routes(config, findings);
}

}  // namespace gateway::config
