#include "gateway/delivery/client_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "gateway/delivery/certificate_match.hpp"
#include "gateway/delivery/tls_protocols.hpp"
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

std::string cipher_list(const std::string& grade) {
  // Postfix's grades; what they leave out is weak or anonymous.
  if (grade == "high") return "HIGH:!aNULL:!eNULL";
  if (grade == "medium") return "HIGH:MEDIUM:!aNULL:!eNULL";
  if (grade == "low" || grade == "export") return "HIGH:MEDIUM:LOW:!aNULL:!eNULL";
  return grade;
}

std::string use_wishes(SSL_CTX* context, const config::RouteTls& wishes) {
  const auto protocols = parse_tls_protocols(wishes.protocols);
  if (!protocols) return protocols.error();
  SSL_CTX_set_min_proto_version(context, protocols->least);
  SSL_CTX_set_max_proto_version(context, protocols->most);
  SSL_CTX_set_options(context, protocols->excluded);
  if (!wishes.ciphers.empty() && wishes.ciphers.find("!") == 0) return "the cipher list must not begin with \"!\"";
  if (!wishes.ciphers.empty()) {
    const std::size_t end = wishes.ciphers.find(':');
    const std::string list = cipher_list(wishes.ciphers.substr(0, end)) +
                             (end == std::string::npos ? std::string() : wishes.ciphers.substr(end));
    if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1) return "no cipher is known of \"" + wishes.ciphers + "\"";
  }
  if (wishes.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, wishes.ca_file.c_str(), nullptr) != 1) {
    return "cannot read the authorities in " + wishes.ca_file;
  }
  if (wishes.cert_file.empty()) return {};
  const std::string& key = wishes.key_file.empty() ? wishes.cert_file : wishes.key_file;
  const bool key_read = key.starts_with("-----BEGIN")
                            ? use_key_text(context, key)
                            : SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  if (SSL_CTX_use_certificate_chain_file(context, wishes.cert_file.c_str()) != 1 || !key_read ||
      SSL_CTX_check_private_key(context) != 1)
    return "cannot use the client certificate " + wishes.cert_file;
  return {};
}

TlsFailure failure_of(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsFailure::certificate_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return TlsFailure::certificate_host_mismatch;
    case X509_V_ERR_DANE_NO_MATCH:
      return TlsFailure::validation_failure;
    default:
      return TlsFailure::certificate_not_trusted;
  }
}

}  // namespace

std::string_view to_string(TlsFailure failure) {
  constexpr std::string_view names[] = {"",
                                        "starttls-not-supported",
                                        "certificate-host-mismatch",
                                        "certificate-expired",
                                        "certificate-not-trusted",
                                        "validation-failure",
                                        "tlsa-invalid",
                                        "dnssec-invalid",
                                        "dane-required",
                                        "sts-policy-fetch-error",
                                        "sts-policy-invalid",
                                        "sts-webpki-invalid"};
  return names[static_cast<std::size_t>(failure)];
}

tl::expected<std::shared_ptr<const ClientTls>, std::string> ClientTls::load(const config::RouteTls& wishes) {
  auto result = std::make_shared<ClientTls>();
  result->wishes_ = wishes;
  result->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = result->context_.get();
  if (context == nullptr) return tl::unexpected(std::string("TLS cannot be set up"));
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Judged after the handshake: opportunistic TLS must go on with any certificate.
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_dane_enable(context);
  auto problem = use_wishes(context, wishes);
  ERR_clear_error();
  if (!problem.empty()) return tl::unexpected(std::move(problem));
  return std::shared_ptr<const ClientTls>(std::move(result));
}

TlsPtr ClientTls::new_session(const PeerTls& peer) const {
  TlsPtr tls(SSL_new(context_.get()));
  if (!tls) return tls;
  if (peer.level == TlsLevel::dane) {
    // RFC 7672 3.2: the name that has the TLSA records is sent as SNI and looked for in the certificate of usage 2,
    // the name that the mail was routed by will do as well.
    bool any = SSL_dane_enable(tls.get(), peer.host.c_str()) > 0;
    SSL_dane_set_flags(tls.get(), DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    if (any && !peer.nexthop.empty()) SSL_add1_host(tls.get(), peer.nexthop.c_str());
    any = false;
    for (const std::string& record : peer.tlsa) any = add_tlsa(tls.get(), record) || any;
    if (!any) tls.reset();
  } else {
    const std::string& name = wishes_.servername.empty() ? peer.host : wishes_.servername;
    if (!name.empty() && !lookup::parse_ip(name)) SSL_set_tlsext_host_name(tls.get(), name.c_str());
  }
  ERR_clear_error();
  return tls;
}

bool ClientTls::names_server(X509* certificate, const PeerTls& peer) const {
  std::vector<std::string> names = wishes_.match;
  if (peer.sts != PeerTls::Sts::no) {
    names = {"hostname"};
  } else if (names.empty() && peer.level == TlsLevel::secure) {
    names = {"nexthop", "dot-nexthop"};
  } else if (names.empty()) {
    names = {"hostname"};
  }
  return std::any_of(names.begin(), names.end(), [&](const std::string& each) {
    if (each == "hostname") return certificate_names(certificate, peer.host);
    if (each == "nexthop") return certificate_names(certificate, peer.nexthop);
    if (each == "dot-nexthop")
      return !lookup::parse_ip(peer.nexthop) && certificate_names(certificate, "." + peer.nexthop);
    return certificate_names(certificate, each);
  });
}

ClientTls::Verdict ClientTls::judge(SSL* tls, const PeerTls& peer) const {
  Verdict verdict;
  X509* certificate = SSL_get0_peer_certificate(tls);
  const long verified = SSL_get_verify_result(tls);
  const bool trusted = certificate != nullptr && verified == X509_V_OK;
  verdict.status = certificate == nullptr ? "Anonymous" : trusted ? "Trusted" : "Untrusted";
  bool matched = false;
  if (peer.level == TlsLevel::dane) {
    matched = trusted && SSL_get0_dane_authority(tls, nullptr, nullptr) >= 0;
  } else if (peer.level == TlsLevel::fingerprint) {
    matched = certificate != nullptr && has_fingerprint(certificate, wishes_.fingerprints);
  } else {
    matched = trusted && names_server(certificate, peer);
  }
  const bool must_match = peer.is_mandatory() && peer.level != TlsLevel::encrypt;
  if (matched) {
    verdict.trust = peer.level == TlsLevel::dane ? Trust::dane : Trust::verified;
    if (must_match) verdict.status = "Verified";
  }
  if (matched || (!must_match && peer.sts != PeerTls::Sts::testing)) return verdict;
  if (must_match) verdict.trust = Trust::refused;
  if (certificate == nullptr) {
    verdict.failure = TlsFailure::certificate_not_trusted;
    verdict.reason = "the server has no certificate";
  } else if (peer.level == TlsLevel::fingerprint) {
    verdict.failure = TlsFailure::validation_failure;
    verdict.reason = "the fingerprint is none of those that are accepted";
  } else if (!trusted) {
    verdict.failure = failure_of(verified);
    verdict.reason = X509_verify_cert_error_string(verified);
  } else {
    verdict.failure = TlsFailure::certificate_host_mismatch;
    verdict.reason = "the certificate is for another name";
  }
  return verdict;
}

}  // namespace gateway
