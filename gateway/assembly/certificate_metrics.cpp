#include "gateway/assembly/certificate_metrics.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <ctime>
#include <memory>

namespace gateway {

std::string certificate_label(const config::Certificate& certificate) {
  if (!certificate.names.empty()) return certificate.names.front();
  return certificate.cert.substr(certificate.cert.find_last_of('/') + 1);
}

double certificate_end(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(std::fopen(file.c_str(), "re"), &std::fclose);
  if (!opened) return 0;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_X509(opened.get(), nullptr, nullptr, nullptr),
                                                                &X509_free);
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return 0;
  return static_cast<double>(::timegm(&end));
}

void export_certificates(const config::Config& config, Metrics& metrics) {
  const auto set = [&](const std::string& label, const std::string& file) {
    metrics.gauge("tls_certificate_not_after_timestamp_seconds", {{"certificate", label}}).set(certificate_end(file));
  };
  for (const auto& certificate : config.tls.certificates) set(certificate_label(certificate), certificate.cert);
  if (!config.metrics.cert.empty()) set("metrics", config.metrics.cert);
}

}  // namespace gateway
