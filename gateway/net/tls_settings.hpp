#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/net/connection.hpp"

namespace gateway {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// The server side of TLS: one SSL_CTX for each certificate, chosen by the name the client asks for (SNI), the first
/// one otherwise. TLS 1.2 with AEAD ciphers and TLS 1.3; session tickets under a key that lives as long as this object.
/// Immutable, shared by all loops; a reload makes a new one.
class TlsSettings {
 public:
  /// The error is a sentence that names the certificate. Without certificates: null, TLS is not offered.
  [[nodiscard]] static tl::expected<std::shared_ptr<const TlsSettings>, std::string> load(const config::Tls& tls);

  TlsPtr new_session() const;
  SSL_CTX* choose(std::string_view server_name) const;

 private:
  struct Named {
    std::vector<std::string> names;  // lower case; "*.example.com" covers one label
    TlsContext context;
  };
  std::vector<Named> certificates_;
};

}  // namespace gateway
