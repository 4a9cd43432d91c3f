#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// Can DANE for SMTP use this record, "3 1 1 HEX": usage 2 or 3, selector, matching type and data as they must be
/// (RFC 7672 3.1)? The others are passed over.
bool is_usable_tlsa(std::string_view record);

/// Makes a session expect what the record says; false when the record is not usable.
bool add_tlsa(SSL* tls, std::string_view record);

/// Does one of the digests ("sha256:AB:CD...", or without the algorithm) belong to the certificate or to its key?
bool has_fingerprint(X509* certificate, const std::vector<std::string>& wanted);

/// Is this text such a digest?
bool is_fingerprint(std::string_view text);

/// Gives a context the private key that `pem` is the text of.
bool use_key_text(SSL_CTX* context, const std::string& pem);

}  // namespace gateway
