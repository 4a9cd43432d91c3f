#include "gateway/delivery/client_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "lookup/address.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

namespace {

using config::TlsLevel;

bool certificate_names(X509* certificate, const std::string& name) {
  if (name.empty()) return false;
  if (lookup::parse_ip(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  return X509_check_host(certificate, name.c_str(), name.size(), 0, nullptr) == 1;
}

/// Upper-case hexadecimal without separators.
std::string plain_hex(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != ':') plain += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  return plain;
}

bool has_fingerprint(X509* certificate, const std::vector<std::string>& wanted) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  for (const EVP_MD* algorithm : {EVP_sha256(), EVP_sha1()}) {
    if (X509_digest(certificate, algorithm, digest, &length) != 1) continue;
    std::string hex;
    for (unsigned int at = 0; at < length; ++at) {
      constexpr char digits[] = "0123456789ABCDEF";
      hex += digits[digest[at] >> 4];
      hex += digits[digest[at] & 15];
    }
    for (const std::string& each : wanted)
      if (plain_hex(each) == hex) return true;
  }
  return false;
}

bool add_tlsa(SSL* tls, const std::string& record) {
  std::istringstream in(record);
  unsigned usage = 0, selector = 0, matching = 0;
  std::string hex;
  if (!(in >> usage >> selector >> matching >> hex) || hex.size() % 2 != 0) return false;
  std::vector<unsigned char> octets(hex.size() / 2);
  for (std::size_t at = 0; at < octets.size(); ++at) {
    auto [end, error] = std::from_chars(hex.data() + 2 * at, hex.data() + 2 * at + 2, octets[at], 16);
    if (error != std::errc{} || end != hex.data() + 2 * at + 2) return false;
  }
  // RFC 7672 3.1.3: SMTP clients use only DANE-TA(2) and DANE-EE(3).
  if (usage != 2 && usage != 3) return false;
  return SSL_dane_tlsa_add(tls, static_cast<uint8_t>(usage), static_cast<uint8_t>(selector),
                           static_cast<uint8_t>(matching), octets.data(), octets.size()) > 0;
}

}  // namespace

tl::expected<std::shared_ptr<const ClientTls>, std::string> ClientTls::load(const config::RouteTls& wishes) {
  auto result = std::make_shared<ClientTls>();
  result->wishes_ = wishes;
  result->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = result->context_.get();
  if (context == nullptr) return tl::unexpected(std::string("TLS cannot be set up"));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Judged after the handshake: opportunistic TLS must go on with any certificate.
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_dane_enable(context);
  if (wishes.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, wishes.ca_file.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return tl::unexpected("cannot read the authorities in " + wishes.ca_file);
  }
  if (!wishes.cert_file.empty()) {
    const std::string& key = wishes.key_file.empty() ? wishes.cert_file : wishes.key_file;
    if (SSL_CTX_use_certificate_chain_file(context, wishes.cert_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
      ERR_clear_error();
      return tl::unexpected("cannot use the client certificate " + wishes.cert_file);
    }
  }
  return std::shared_ptr<const ClientTls>(std::move(result));
}

TlsPtr ClientTls::new_session(const std::string& host, const std::vector<std::string>& tlsa) const {
  TlsPtr tls(SSL_new(context_.get()));
  if (!tls) return tls;
  const bool literal = lookup::parse_ip(host).has_value();
  if (!tlsa.empty()) {
    SSL_dane_enable(tls.get(), host.c_str());
    SSL_dane_set_flags(tls.get(), DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (const std::string& record : tlsa) add_tlsa(tls.get(), record);
  } else if (!literal && !host.empty()) {
    SSL_set_tlsext_host_name(tls.get(), host.c_str());
  }
  ERR_clear_error();
  return tls;
}

ClientTls::Trust ClientTls::judge(SSL* tls, const std::string& host, const std::string& nexthop, bool with_tlsa) const {
  X509* certificate = SSL_get0_peer_certificate(tls);
  const bool chain_ok = certificate != nullptr && SSL_get_verify_result(tls) == X509_V_OK;
  if (wants_tlsa()) {
    if (with_tlsa)
      return chain_ok && SSL_get0_dane_authority(tls, nullptr, nullptr) >= 0 ? Trust::dane : Trust::refused;
    return wishes_.level == TlsLevel::dane_only ? Trust::refused : Trust::encrypted;
  }
  if (wishes_.level == TlsLevel::fingerprint)
    return certificate != nullptr && has_fingerprint(certificate, wishes_.fingerprints) ? Trust::verified
                                                                                        : Trust::refused;
  std::vector<std::string> names = wishes_.match;
  if (names.empty()) names = {wishes_.level == TlsLevel::secure ? "nexthop" : "hostname"};
  if (wishes_.level == TlsLevel::secure && wishes_.match.empty()) names.emplace_back("dot-nexthop");
  const bool named = chain_ok && std::any_of(names.begin(), names.end(), [&](const std::string& each) {
                       if (each == "hostname") return certificate_names(certificate, host);
                       if (each == "nexthop") return certificate_names(certificate, nexthop);
                       if (each == "dot-nexthop")
                         return !lookup::parse_ip(nexthop) && certificate_names(certificate, "." + nexthop);
                       return certificate_names(certificate, each);
                     });
  if (named) return Trust::verified;
  const bool must_verify = wishes_.level == TlsLevel::verify || wishes_.level == TlsLevel::secure;
  return must_verify ? Trust::refused : Trust::encrypted;
}

bool ClientTls::is_mandatory() const {
  return wishes_.level != TlsLevel::none && wishes_.level != TlsLevel::may && wishes_.level != TlsLevel::dane;
}

bool ClientTls::wants_tlsa() const {
  return wishes_.level == TlsLevel::dane || wishes_.level == TlsLevel::dane_only;
}

}  // namespace gateway
