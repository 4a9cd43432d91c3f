#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/net/tls_settings.hpp"

namespace gateway {

class ClientTls;

/// How TLS is used with one server: what the route, the policy table, MTA-STS and TLSA records came to.
struct PeerTls {
  std::shared_ptr<const ClientTls> client;          // null: clear text
  config::TlsLevel level = config::TlsLevel::none;  // dane only where there are usable records, never dane_only
  std::string host;                                 // the server, as its certificate is to name it
  std::string nexthop;                              // the name that the mail was routed by
  std::vector<std::string> tlsa;                    // with level dane: validated records in text form
  bool wrapper = false;                             // TLS before the greeting
  enum class Sts : std::uint8_t { no, testing, enforced } sts = Sts::no;  // what the domain's MTA-STS policy says

  /// Must mail wait rather than travel in clear text?
  bool is_mandatory() const { return level != config::TlsLevel::none && level != config::TlsLevel::may; }
};

/// What kept a session from being as safe as it should be; the types of RFC 8460 4.3.
enum class TlsFailure : std::uint8_t {
  none,
  starttls_not_supported,
  certificate_host_mismatch,
  certificate_expired,
  certificate_not_trusted,
  validation_failure,
  tlsa_invalid,
  dnssec_invalid,
  dane_required,
  sts_policy_fetch_error,
  sts_policy_invalid,
  sts_webpki_invalid
};
std::string_view to_string(TlsFailure failure);

/// The client's side of TLS for one set of wishes: authorities, certificate, protocols. Immutable after load().
class ClientTls {
 public:
  /// The error is a sentence for the log.
  [[nodiscard]] static tl::expected<std::shared_ptr<const ClientTls>, std::string> load(const config::RouteTls& wishes);

  /// A session towards a server (SNI, TLSA records). Null when OpenSSL has no memory or takes no TLSA record.
  TlsPtr new_session(const PeerTls& peer) const;

  enum class Trust : std::uint8_t { encrypted, verified, dane, refused };

  struct Verdict {
    Trust trust = Trust::encrypted;
    std::string_view status;  // Anonymous, Untrusted, Trusted, Verified: as Postfix logs it
    TlsFailure failure = TlsFailure::none;
    std::string reason;  // why the certificate is not believed, for the log
  };

  /// Judges the server after the handshake. `refused` when `peer.level` asks for more than its certificate proves.
  Verdict judge(SSL* tls, const PeerTls& peer) const;

  const config::RouteTls& wishes() const { return wishes_; }

 private:
  bool names_server(X509* certificate, const PeerTls& peer) const;

  config::RouteTls wishes_;
  TlsContext context_;
};

}  // namespace gateway
