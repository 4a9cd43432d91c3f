#include "gateway/net/tls_settings.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

namespace gateway {

namespace {

using Kept = std::shared_ptr<const CertificateSet>;

/// Each session holds the set that it chooses from: a refresh must not take it away in the middle of a handshake.
void forget_set(void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Kept*>(kept);
}

int place_in_session() {
  static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, forget_set);
  return place;
}

/// A client may ask for another certificate by SNI, before anything else of the handshake is decided.
int choose_by_name(SSL* tls, int*, void*) {
  const char* name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
  const auto* const kept = static_cast<const Kept*>(SSL_get_ex_data(tls, place_in_session()));
  if (name == nullptr || kept == nullptr) return SSL_TLSEXT_ERR_NOACK;
  if (SSL_CTX* chosen = (*kept)->choose(name)) SSL_set_SSL_CTX(tls, chosen);
  return SSL_TLSEXT_ERR_OK;  // An unknown name is no error: RFC 6066 3 lets the server go on with its default.
}

/// Where certificates are only asked for, one that nobody vouches for is still shown to the rules by its fingerprint.
int take_any(int, X509_STORE_CTX*) {
  return 1;
}

}  // namespace

tl::expected<std::shared_ptr<TlsSettings>, std::string> TlsSettings::load(const config::Tls& tls,
                                                                          std::shared_ptr<TicketKeys> tickets) {
  if (tls.certificates.empty()) return std::shared_ptr<TlsSettings>();
  auto settings = std::make_shared<TlsSettings>();
  settings->tls_ = tls;
  settings->tickets_ = tickets ? std::move(tickets) : std::make_shared<TicketKeys>();
  // Stamps first: what changes while it is read is read again.
  settings->stamps_ = settings->stamps();
  auto set = CertificateSet::load(tls, *settings->tickets_);
  if (!set) return tl::unexpected(set.error());
  SSL_CTX_set_tlsext_servername_callback((*set)->first(), choose_by_name);
  settings->certificates_ = std::move(*set);
  return settings;
}

TlsPtr TlsSettings::new_session(config::ClientCertificates ask) const {
  auto set = certificates();
  TlsPtr session(SSL_new(set->first()));
  if (!session) return session;
  if (ask == config::ClientCertificates::ask) SSL_set_verify(session.get(), SSL_VERIFY_PEER, take_any);
  if (ask == config::ClientCertificates::require)
    SSL_set_verify(session.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_set_ex_data(session.get(), place_in_session(), new Kept(std::move(set)));
  return session;
}

std::shared_ptr<const CertificateSet> TlsSettings::certificates() const {
  const std::lock_guard lock(mutex_);
  return certificates_;
}

std::vector<TlsSettings::Stamp> TlsSettings::stamps() const {
  std::vector<Stamp> stamps;
  const auto add = [&](const std::string& path) {
    struct ::stat found {};
    Stamp stamp;
    if (!path.empty() && !path.starts_with("-----BEGIN") && ::stat(path.c_str(), &found) == 0)
      stamp = {found.st_ino, static_cast<std::uint64_t>(found.st_size), found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
    stamps.push_back(stamp);
  };
  for (const auto& certificate : tls_.certificates) {
    add(certificate.cert);
    add(certificate.key);
  }
  add(tls_.client_ca_file);
  return stamps;
}

std::optional<TlsSettings::Refreshed> TlsSettings::refresh() {
  auto now = stamps();
  if (now == stamps_) return std::nullopt;
  stamps_ = std::move(now);
  auto set = CertificateSet::load(tls_, *tickets_);
  if (!set) return Refreshed{false, set.error() + "; the certificates in use stay in use"};
  SSL_CTX_set_tlsext_servername_callback((*set)->first(), choose_by_name);
  const std::lock_guard lock(mutex_);
  certificates_ = std::move(*set);
  return Refreshed{true, "the certificates changed and are in use"};
}

std::vector<CertificateSet::Validity> TlsSettings::validities() const {
  return certificates()->validities();
}

}  // namespace gateway
