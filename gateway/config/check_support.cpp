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

void check_sasl(const Config& config, std::vector<Finding>& findings) {
  const auto& backend = config.sasl.backend;
  // Logins are put off with 454, which is safe; a file that is otherwise right should still serve.
  if (backend == "cyrus" || backend.starts_with("dovecot:"))
    caution(config, findings, "sasl.backend", "with " + backend + " every login gets a temporary error");
  for (const auto& mechanism : config.sasl.mechanisms)
    if (mechanism != "PLAIN" && mechanism != "LOGIN") refuse(config, findings, "sasl.mechanisms", mechanism);
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
  check_sasl(config, findings);
  check_routes(config, findings);
  for (const auto& directory : config.directories)
    if (directory.replica.mode == ReplicaMode::dirsync)
      caution(config, findings, "directories." + directory.name + ".replica.mode", "the directory is polled instead");
  if (config.mailboxes.ownership == Ownership::directory)
    refuse(config, findings, "mailboxes.ownership", "delivery as the recipient's user");
  for (const auto& name : config.queue.notify_classes)
    if (name != "resource" && name != "software") {
      caution(config, findings, "queue.notify_classes", "the postmaster gets no mail about " + name);
      break;
    }
}

}  // namespace gateway::config
