#include "gateway/net/tls_settings.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <fmt/core.h>

#include "lookup/address.hpp"

namespace gateway {

namespace {

/// A client may ask for another certificate by SNI, before anything else of the handshake is decided.
int choose_by_name(SSL* tls, int*, void* settings) {
  const char* name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  if (SSL_CTX* chosen = static_cast<const TlsSettings*>(settings)->choose(name)) SSL_set_SSL_CTX(tls, chosen);
  return SSL_TLSEXT_ERR_OK;  // An unknown name is no error: RFC 6066 3 lets the server go on with its default.
}

std::string openssl_reason() {
  char text[256];
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  return text;
}

bool use_key(SSL_CTX* context, const std::string& key) {
  if (!key.starts_with("-----BEGIN")) return SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())),
                                                       &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> parsed(
      PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  return parsed && SSL_CTX_use_PrivateKey(context, parsed.get()) == 1;
}

tl::expected<TlsContext, std::string> make_context(const config::Certificate& certificate,
                                                   const std::string& min_protocol) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return tl::unexpected("TLS: " + openssl_reason());
  SSL_CTX_set_min_proto_version(context.get(), min_protocol == "TLSv1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK:!DSS");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_dh_auto(context.get(), 1);
  // Tickets instead of a cache: sessions that come back cost no memory here.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  static constexpr unsigned char session_scope[] = "smtpd";
  SSL_CTX_set_session_id_context(context.get(), session_scope, sizeof session_scope - 1);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.cert.c_str()) != 1)
    return tl::unexpected(fmt::format("certificate {}: {}", certificate.cert, openssl_reason()));
  const bool key_in_certificate = certificate.key.empty();
  if (!use_key(context.get(), key_in_certificate ? certificate.cert : certificate.key) ||
      SSL_CTX_check_private_key(context.get()) != 1)
    return tl::unexpected(fmt::format("key of certificate {}: {}", certificate.cert, openssl_reason()));
  return context;
}

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern == name) return true;
  if (!pattern.starts_with("*.")) return false;
  const auto dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && name.substr(dot) == pattern.substr(1);
}

}  // namespace

void FreeTlsContext::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

tl::expected<std::shared_ptr<const TlsSettings>, std::string> TlsSettings::load(const config::Tls& tls) {
  if (tls.certificates.empty()) return std::shared_ptr<const TlsSettings>();
  auto settings = std::make_shared<TlsSettings>();
  for (const auto& certificate : tls.certificates) {
    auto context = make_context(certificate, tls.min_protocol);
    if (!context) return tl::unexpected(context.error());
    Named named{{}, std::move(*context)};
    for (const auto& name : certificate.names) named.names.push_back(lookup::ascii_lower(name));
    settings->certificates_.push_back(std::move(named));
  }
  SSL_CTX* first = settings->certificates_.front().context.get();
  SSL_CTX_set_tlsext_servername_callback(first, choose_by_name);
  SSL_CTX_set_tlsext_servername_arg(first, settings.get());
  return std::shared_ptr<const TlsSettings>(std::move(settings));
}

TlsPtr TlsSettings::new_session() const {
  return TlsPtr(SSL_new(certificates_.front().context.get()));
}

SSL_CTX* TlsSettings::choose(std::string_view server_name) const {
  const std::string name = lookup::ascii_lower(server_name);
  for (const auto& certificate : certificates_)
    for (const auto& pattern : certificate.names)
      if (matches(pattern, name)) return certificate.context.get();
  return nullptr;
}

}  // namespace gateway
