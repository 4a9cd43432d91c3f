#include "gateway/net/certificate_set.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "gateway/net/ticket_keys.hpp"
#include "lookup/address.hpp"

namespace gateway {

namespace {

template <class Type, void (*free)(Type*)>
struct Free {
  void operator()(Type* object) const { free(object); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using NamesPointer = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES, GENERAL_NAMES_free>>;
using BioPointer = std::unique_ptr<BIO, Free<BIO, BIO_free_all>>;

// Without this OpenSSL would ask for a pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return 0;
}

KeyPointer read_key(const std::string& path_or_text) {
  const BioPointer source(path_or_text.starts_with("-----BEGIN")
                              ? BIO_new_mem_buf(path_or_text.data(), static_cast<int>(path_or_text.size()))
                              : BIO_new_file(path_or_text.c_str(), "r"));
  if (!source) return nullptr;
  return KeyPointer(PEM_read_bio_PrivateKey(source.get(), nullptr, no_pass_phrase, nullptr));
}

/// The host names in a certificate: its alternative names, or its common name when it has none (RFC 6125 6.4.4).
std::vector<std::string> names_in(X509* certificate) {
  std::vector<std::string> names;
  const NamesPointer list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* const octets = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.push_back(lookup::ascii_lower({octets, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  if (!list) {
    char text[256];
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
    if (size > 0) names.push_back(lookup::ascii_lower({text, static_cast<std::size_t>(size)}));
  }
  return names;
}

TlsContext make_context(const config::Tls& tls, TicketKeys& tickets) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), tls.min_protocol == "TLSv1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK:!DSS");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_dh_auto(context.get(), 1);
  // Tickets instead of a cache: sessions that come back cost no memory here.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  tickets.serve(context.get());
  static constexpr unsigned char session_scope[] = "smtpd";
  SSL_CTX_set_session_id_context(context.get(), session_scope, sizeof session_scope - 1);
  return context;
}

tl::expected<void, std::string> use_authorities(SSL_CTX* context, const std::string& file) {
  if (file.empty()) return {};
  auto* const names = SSL_load_client_CA_file(file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) != 1)
    return tl::unexpected(fmt::format("tls.client_ca_file {}: {}", file, openssl_reason()));
  SSL_CTX_set_client_CA_list(context, names);
  return {};
}

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern == name) return true;
  if (!pattern.starts_with("*.")) return false;
  const auto dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && name.substr(dot) == pattern.substr(1);
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? std::int64_t{::timegm(&parts)} : 0;
}

}  // namespace

std::string openssl_reason() {
  const auto code = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(code);
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return reason != nullptr ? reason : text;
}

void FreeTlsContext::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

tl::expected<std::shared_ptr<const CertificateSet>, std::string> CertificateSet::load(const config::Tls& tls,
                                                                                      TicketKeys& tickets) {
  auto set = std::make_shared<CertificateSet>();
  for (const auto& certificate : tls.certificates) {
    auto added = set->add(certificate, tls, tickets);
    ERR_clear_error();
    if (!added) return tl::unexpected(added.error());
  }
  return std::shared_ptr<const CertificateSet>(std::move(set));
}

tl::expected<void, std::string> CertificateSet::add(const config::Certificate& certificate, const config::Tls& tls,
                                                    TicketKeys& tickets) {
  ERR_clear_error();
  TlsContext context = make_context(tls, tickets);
  if (!context) return tl::unexpected("TLS: " + openssl_reason());
  const auto failed = [&](std::string_view what) {
    return tl::unexpected(fmt::format("{} {}: {}", what, certificate.cert, openssl_reason()));
  };
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.cert.c_str()) != 1) return failed("certificate");
  const KeyPointer key = read_key(certificate.key.empty() ? certificate.cert : certificate.key);
  if (!key || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 || SSL_CTX_check_private_key(context.get()) != 1)
    return failed("key of certificate");
  X509* const leaf = SSL_CTX_get0_certificate(context.get());
  validities_.push_back({certificate.cert, seconds_of(X509_get0_notAfter(leaf))});
  std::vector<std::string> names;
  for (const auto& name : certificate.names) names.push_back(lookup::ascii_lower(name));
  if (names.empty()) names = names_in(leaf);
  std::sort(names.begin(), names.end());
  const int kind = EVP_PKEY_get_base_id(key.get());
  for (auto& entry : entries_) {
    const bool has_kind = std::find(entry.kinds.begin(), entry.kinds.end(), kind) != entry.kinds.end();
    if (entry.names != names || has_kind) continue;
    // The same names under another kind of key: the client's abilities choose between them.
    if (SSL_CTX_use_certificate_chain_file(entry.context.get(), certificate.cert.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey(entry.context.get(), key.get()) != 1)
      return failed("certificate");
    entry.kinds.push_back(kind);
    return {};
  }
  if (auto used = use_authorities(context.get(), tls.client_ca_file); !used) return used;
  entries_.push_back({std::move(names), std::move(context), {kind}});
  return {};
}

SSL_CTX* CertificateSet::choose(std::string_view server_name) const {
  std::string name = lookup::ascii_lower(server_name);
  if (name.ends_with('.')) name.pop_back();
  for (const auto& entry : entries_)
    for (const auto& pattern : entry.names)
      if (matches(pattern, name)) return entry.context.get();
  return nullptr;
}

}  // namespace gateway
