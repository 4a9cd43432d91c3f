#include "gateway/config/live_certificates.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gateway::config {
namespace {

constexpr int warn_days = 14;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using X509Pointer = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio open_pem(const std::string& path_or_text) {
  if (path_or_text.starts_with("-----BEGIN"))
    return {BIO_new_mem_buf(path_or_text.data(), static_cast<int>(path_or_text.size())), BIO_free};
  return {BIO_new_file(path_or_text.c_str(), "r"), BIO_free};
}

std::string shown(const std::string& path_or_text) {
  return path_or_text.starts_with("-----BEGIN") ? "the key" : path_or_text;
}

// Without this OpenSSL would ask for a pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return 0;
}

/// Does the file lead from its certificate to an authority? A server must send what stands between the two.
bool chain_is_broken(const std::string& cert, X509* leaf) {
  const Bio source = open_pem(cert);
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> chain(
      sk_X509_new_null(), [](STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); });
  while (X509* const next = PEM_read_bio_X509(source.get(), nullptr, no_pass_phrase, nullptr))
    sk_X509_push(chain.get(), next);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_set_default_paths(store.get());
  X509_STORE_set_flags(store.get(), X509_V_FLAG_NO_CHECK_TIME);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> verification(X509_STORE_CTX_new(),
                                                                                     X509_STORE_CTX_free);
  if (X509_STORE_CTX_init(verification.get(), store.get(), leaf, chain.get()) != 1) return false;
  if (X509_verify_cert(verification.get()) == 1) return false;
  // An authority of one's own, in the file or the certificate itself, is not ours to judge.
  const int reason = X509_STORE_CTX_get_error(verification.get());
  return reason == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || reason == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
         reason == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

class CertificateCheck {
 public:
  explicit CertificateCheck(std::vector<Finding>& findings) : findings_(findings) {}

  enum class Role : std::uint8_t { server, client };
  void check(const std::string& cert, const std::string& key, const std::vector<std::string>& names, const Place& place,
             Role role) {
    const auto say = [&](Severity severity, std::string text) {
      findings_.push_back({severity, place, std::move(text)});
    };
    const Bio cert_source = open_pem(cert);
    if (!cert_source) return;  // check_files has said so
    const X509Pointer certificate(PEM_read_bio_X509(cert_source.get(), nullptr, no_pass_phrase, nullptr), X509_free);
    if (!certificate) return say(Severity::error, fmt::format("{}: holds no PEM certificate", cert));
    const Bio key_source = open_pem(key);
    if (!key_source) return;
    const KeyPointer private_key(PEM_read_bio_PrivateKey(key_source.get(), nullptr, no_pass_phrase, nullptr),
                                 EVP_PKEY_free);
    if (!private_key)
      return say(Severity::error,
                 fmt::format("{}: holds no PEM key that can be read without a pass phrase", shown(key)));
    if (X509_check_private_key(certificate.get(), private_key.get()) != 1)
      say(Severity::error, fmt::format("{} does not belong to {}", shown(key), cert));
    int days = 0, seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) == 1) {
      if (days < 0 || seconds < 0)
        say(Severity::error, fmt::format("{} has expired", cert));
      else if (days < warn_days)
        say(Severity::warning, fmt::format("{} expires in {} days", cert, days));
    }
    if (X509_cmp_current_time(X509_get0_notBefore(certificate.get())) > 0)
      say(Severity::error, fmt::format("{} is not valid yet", cert));
    if (role == Role::server && chain_is_broken(cert, certificate.get()))
      say(Severity::warning, fmt::format("{} does not lead to an authority that this system knows; clients need the "
                                         "certificates in between, behind the first one",
                                         cert));
    for (const auto& name : names)
      if (X509_check_host(certificate.get(), name.data(), name.size(), 0, nullptr) != 1)
        say(Severity::warning, fmt::format("{} is not for the name \"{}\"", cert, name));
  }

 private:
  std::vector<Finding>& findings_;
};

}  // namespace

void check_certificates(const Config& config, std::vector<Finding>& findings) {
  using Role = CertificateCheck::Role;
  CertificateCheck check(findings);
  for (const auto& each : config.tls.certificates)
    check.check(each.cert, each.key, each.names, each.place, Role::server);
  for (const auto& route : config.routes)
    if (!route.tls.cert_file.empty())
      check.check(route.tls.cert_file, route.tls.key_file, {}, place_of(config, "routes." + route.name + ".tls"),
                  Role::client);
  for (const auto& directory : config.directories)
    if (!directory.tls.cert_file.empty())
      check.check(directory.tls.cert_file, directory.tls.key_file, {},
                  place_of(config, "directories." + directory.name + ".tls"), Role::client);
  ERR_clear_error();
}

}  // namespace gateway::config
