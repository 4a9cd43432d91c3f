#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

class TicketKeys;

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// The certificates of the listeners as they lay on the disk at one moment: one SSL_CTX for each set of names, in which
/// an RSA and an ECDSA certificate may stand side by side. TLS 1.2 with AEAD ciphers and TLS 1.3. Immutable.
class CertificateSet {
 public:
  /// The error is a sentence that names the certificate.
  [[nodiscard]] static tl::expected<std::shared_ptr<const CertificateSet>, std::string> load(const config::Tls& tls,
                                                                                             TicketKeys& tickets);

  /// For clients that name no host, or an unknown one.
  SSL_CTX* first() const { return entries_.front().context.get(); }
  /// Null for an unknown name.
  SSL_CTX* choose(std::string_view server_name) const;

  struct Validity {
    std::string file;
    std::int64_t not_after = 0;  // seconds since 1970
  };
  const std::vector<Validity>& validities() const { return validities_; }

 private:
  struct Entry {
    std::vector<std::string> names;  // lower case, sorted; "*.example.com" covers one label
    TlsContext context;
    std::vector<int> kinds;  // of the keys: EVP_PKEY_RSA ...
  };
  [[nodiscard]] tl::expected<void, std::string> add(const config::Certificate& certificate, const config::Tls& tls,
                                                    TicketKeys& tickets);

  std::vector<Entry> entries_;
  std::vector<Validity> validities_;
};

/// What OpenSSL says went wrong last.
std::string openssl_reason();

}  // namespace gateway
