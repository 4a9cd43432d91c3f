#pragma once

#include <openssl/types.h>

#include <string>

namespace gateway {

/// The digests of the peer's certificate and of its public key, "AB:CD:..." as Postfix writes them.
struct PeerFingerprints {
  std::string certificate, key;
};

/// `digest` is a name that OpenSSL knows ("sha256"). Empty without a certificate or such a digest.
PeerFingerprints fingerprints_of_peer(SSL* tls, const std::string& digest);

}  // namespace gateway
