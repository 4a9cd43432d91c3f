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

class CertificateCheck {
 public:
  explicit CertificateCheck(std::vector<Finding>& findings) : findings_(findings) {}

  void check(const std::string& cert, const std::string& key, const std::vector<std::string>& names,
             const Place& place) {
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
    for (const auto& name : names)
      if (X509_check_host(certificate.get(), name.data(), name.size(), 0, nullptr) != 1)
        say(Severity::warning, fmt::format("{} is not for the name \"{}\"", cert, name));
  }

 private:
  std::vector<Finding>& findings_;
};

}  // namespace

void check_certificates(const Config& config, std::vector<Finding>& findings) {
  CertificateCheck check(findings);
  for (const auto& each : config.tls.certificates) check.check(each.cert, each.key, each.names, each.place);
  for (const auto& route : config.routes)
    if (!route.tls.cert_file.empty())
      check.check(route.tls.cert_file, route.tls.key_file, {}, place_of(config, "routes." + route.name + ".tls"));
  for (const auto& directory : config.directories)
    if (!directory.tls.cert_file.empty())
      check.check(directory.tls.cert_file, directory.tls.key_file, {},
                  place_of(config, "directories." + directory.name + ".tls"));
  ERR_clear_error();
}

}  // namespace gateway::config
