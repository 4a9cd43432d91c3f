#include "lookup/ldap_certificate.hpp"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

namespace lookup {

namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string name_of(X509* certificate) {
  char text[256] = "";
  X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
  return text;
}

}  // namespace

std::string judge_certificate(std::string_view encoded, const std::string& host, const std::string& ca_file) {
  const auto* octets = reinterpret_cast<const unsigned char*>(encoded.data());
  const Certificate certificate(d2i_X509(nullptr, &octets, static_cast<long>(encoded.size())), X509_free);
  if (!certificate) return {};
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> verification(X509_STORE_CTX_new(),
                                                                                     X509_STORE_CTX_free);
  if (ca_file.empty())
    X509_STORE_set_default_paths(store.get());
  else
    X509_STORE_load_locations(store.get(), ca_file.c_str(), nullptr);
  std::string problem;
  if (X509_STORE_CTX_init(verification.get(), store.get(), certificate.get(), nullptr) == 1 &&
      X509_verify_cert(verification.get()) != 1)
    problem = X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification.get()));
  else if (X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) != 1 &&
           X509_check_ip_asc(certificate.get(), host.c_str(), 0) != 1)
    problem = "it is not for " + host;
  ERR_clear_error();
  if (problem.empty()) return {};
  return fmt::format("the certificate of {} is not trusted: {}", name_of(certificate.get()), problem);
}

}  // namespace lookup
