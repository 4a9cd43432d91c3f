#include "gateway/config/check_route_security.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/config/check_maps.hpp"
#include "gateway/delivery/certificate_match.hpp"
#include "gateway/delivery/tls_protocols.hpp"

namespace gateway::config {
namespace {

class RouteSecurity {
 public:
  RouteSecurity(const Config& config, const Route& route, std::vector<Finding>& findings)
      : config_(config), route_(route), path_("routes." + route.name), findings_(findings) {}

  void tls() {
    const RouteTls& tls = route_.tls;
    check_maps(config_, tls.policy, findings_);
    if (tls.level == TlsLevel::fingerprint && tls.fingerprints.empty())
      say(Severity::error, ".tls", "level fingerprint needs \"fingerprints\"");
    for (const auto& each : tls.fingerprints)
      if (!is_fingerprint(each))
        say(Severity::error, ".tls.fingerprints",
            fmt::format("\"{}\" is no digest; write sha256: and 64 hexadecimal digits", each));
    if (tls.cert_file.empty() != tls.key_file.empty())
      say(Severity::error, ".tls", "cert_file and key_file go together");
    if (const auto protocols = parse_tls_protocols(tls.protocols); !protocols)
      say(Severity::error, ".tls.protocols", protocols.error());
    if (tls.wrapper == TlsWrapper::yes && tls.level == TlsLevel::none)
      say(Severity::error, ".tls.wrapper", "wrapper is TLS: set tls.level to encrypt or higher");
    if (tls.level == TlsLevel::dane || tls.level == TlsLevel::dane_only) dane();
  }

  void login() {
    if (!route_.auth) return;
    const RouteAuth& auth = *route_.auth;
    check_maps(config_, auth.passwords, findings_);
    const bool needs_name = std::none_of(auth.mechanisms.begin(), auth.mechanisms.end(), [](const auto& each) {
      return each == "GSSAPI" || each == "GS2-KRB5" || each == "EXTERNAL";
    });
    if (auth.user.empty() && auth.passwords.empty() && needs_name)
      say(Severity::error, ".auth", "auth needs \"user\", or \"passwords\"");
    if (!auth.user.empty() && auth.password.empty() && needs_name)
      say(Severity::error, ".auth", "auth needs \"password\"");
    if (auth.by_sender && auth.passwords.empty())
      say(Severity::error, ".auth.by_sender", "by_sender needs \"passwords\"");
    const auto plain = [](const auto& each) { return each == "PLAIN" || each == "LOGIN"; };
    const bool may_be_plain =
        auth.mechanisms.empty() || std::any_of(auth.mechanisms.begin(), auth.mechanisms.end(), plain);
    if (may_be_plain && route_.tls.level == TlsLevel::none && route_.unix_path.empty() && route_.tls.policy.empty())
      say(Severity::error, ".auth", "a password is not sent in clear: set tls.level to encrypt or higher");
  }

 private:
  void dane() {
    const char* level = route_.tls.level == TlsLevel::dane ? "dane" : "dane-only";
    if (config_.dns.dnssec == "no")
      say(Severity::error, ".tls.level", fmt::format("level {} needs signed answers: set dns.dnssec to yes", level));
    else if (config_.dns.dnssec == "auto" && !config_.dns.servers.empty() && config_.dns.trust_anchor_file.empty())
      say(Severity::warning, ".tls.level",
          fmt::format(
              "level {} needs signed answers, and those of dns.servers are not validated: set dns.dnssec to yes",
              level));
  }

  void say(Severity severity, const char* key, std::string text) {
    findings_.push_back({severity, place_of(config_, path_ + key), std::move(text)});
  }

  const Config& config_;
  const Route& route_;
  std::string path_;
  std::vector<Finding>& findings_;
};

}  // namespace

void check_route_security(const Config& config, const Route& route, std::vector<Finding>& findings) {
  RouteSecurity security(config, route, findings);
  security.tls();
  security.login();
}

}  // namespace gateway::config
