#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "gateway/net/connection.hpp"

namespace gateway {

namespace {

std::string hex(const unsigned char* octets, unsigned size) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  text.reserve(size * 3);
  for (unsigned i = 0; i < size; ++i) {
    if (i) text += ':';
    text += digits[octets[i] >> 4];
    text += digits[octets[i] & 15];
  }
  return text;
}

std::string common_name(X509_NAME* name) {
  char text[256];
  const int size = X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text);
  // A NUL inside the name would show another name than the one that was verified.
  return size > 0 && std::string_view(text).size() == static_cast<std::size_t>(size) ? std::string(text)
                                                                                     : std::string();
}

}  // namespace

TlsSummary Connection::summarize_tls() const {
  TlsSummary summary;
  if (!tls_) return summary;
  summary.protocol = SSL_get_version(tls_.get());
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(tls_.get())) {
    summary.cipher = SSL_CIPHER_get_name(cipher);
    summary.used_bits = SSL_CIPHER_get_bits(cipher, &summary.strength_bits);
  }
  const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(tls_.get()), &X509_free);
  if (!peer) return summary;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(peer.get(), EVP_sha256(), digest, &size)) summary.peer_fingerprint = hex(digest, size);
  if (X509_pubkey_digest(peer.get(), EVP_sha256(), digest, &size)) summary.peer_key_fingerprint = hex(digest, size);
  summary.peer_subject = common_name(X509_get_subject_name(peer.get()));
  summary.peer_issuer = common_name(X509_get_issuer_name(peer.get()));
  summary.peer_trusted = SSL_get_verify_result(tls_.get()) == X509_V_OK;
  return summary;
}

}  // namespace gateway
