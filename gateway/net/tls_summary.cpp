#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "gateway/net/connection.hpp"
#include "gateway/net/peer_fingerprints.hpp"

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

std::string certificate_fingerprint(const X509* certificate, const EVP_MD* kind) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  return X509_digest(certificate, kind, digest, &size) == 1 ? hex(digest, size) : std::string();
}

/// Of the whole SubjectPublicKeyInfo, as Postfix takes it, not of the bare bits as X509_pubkey_digest() does.
std::string key_fingerprint(const X509* certificate, const EVP_MD* kind) {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
  if (length <= 0) return {};
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const bool good = EVP_Digest(encoded, static_cast<std::size_t>(length), digest, &size, kind, nullptr) == 1;
  OPENSSL_free(encoded);
  return good ? hex(digest, size) : std::string();
}

}  // namespace

PeerFingerprints fingerprints_of_peer(SSL* tls, const std::string& digest) {
  const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(tls), &X509_free);
  const EVP_MD* const kind = EVP_get_digestbyname(digest.c_str());
  if (!peer || !kind) return {};
  return {certificate_fingerprint(peer.get(), kind), key_fingerprint(peer.get(), kind)};
}

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
  summary.peer_fingerprint = certificate_fingerprint(peer.get(), EVP_sha256());
  summary.peer_key_fingerprint = key_fingerprint(peer.get(), EVP_sha256());
  summary.peer_subject = common_name(X509_get_subject_name(peer.get()));
  summary.peer_issuer = common_name(X509_get_issuer_name(peer.get()));
  summary.peer_trusted = SSL_get_verify_result(tls_.get()) == X509_V_OK;
  return summary;
}

}  // namespace gateway
