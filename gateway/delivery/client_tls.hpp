#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/net/tls_settings.hpp"

namespace gateway {

/// The client's side of TLS for one route: its level, authorities and certificate. Immutable after load().
class ClientTls {
 public:
  /// The error is a sentence for the log.
  [[nodiscard]] static tl::expected<std::shared_ptr<const ClientTls>, std::string> load(const config::RouteTls& wishes);

  /// A session towards `host` (SNI). `tlsa` are validated TLSA records in text form, for the dane levels; empty: none.
  TlsPtr new_session(const std::string& host, const std::vector<std::string>& tlsa) const;

  enum class Trust : std::uint8_t { encrypted, verified, dane, refused };

  /// Judges the server after the handshake. `nexthop` is the name that the mail was routed by. `refused` when the
  /// route's level asks for more than the server's certificate proves.
  Trust judge(SSL* tls, const std::string& host, const std::string& nexthop, bool with_tlsa) const;

  /// Must mail wait rather than travel in clear text?
  bool is_mandatory() const;
  bool wants_tlsa() const;
  config::TlsLevel level() const { return wishes_.level; }

 private:
  config::RouteTls wishes_;
  TlsContext context_;
};

}  // namespace gateway
