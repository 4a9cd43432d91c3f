#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/net/certificate_set.hpp"
#include "gateway/net/connection.hpp"
#include "gateway/net/ticket_keys.hpp"

namespace gateway {

/// The server side of TLS: the certificates of one configuration, chosen by the name that a client asks for (SNI).
///
/// Files that change are read again by refresh(); sessions that run keep what they began with. Safe from any thread.
class TlsSettings {
 public:
  /// The error is a sentence that names the certificate. Without certificates: null, TLS is not offered. `tickets` may
  /// be shared with the settings of other configurations; without it these settings have keys of their own.
  [[nodiscard]] static tl::expected<std::shared_ptr<TlsSettings>, std::string> load(
      const config::Tls& tls, std::shared_ptr<TicketKeys> tickets = nullptr);

  TlsPtr new_session(config::ClientCertificates ask = config::ClientCertificates::no) const;

  /// Reads the files again when one of them changed. What was done or went wrong, for the log; nullopt: nothing
  /// changed. When something is wrong the certificates in use stay in use.
  struct Refreshed {
    bool good = false;
    std::string text;
  };
  std::optional<Refreshed> refresh();

  std::vector<CertificateSet::Validity> validities() const;

 private:
  /// What stat() says of a file; all zero when it cannot be read.
  struct Stamp {
    std::uint64_t inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  std::vector<Stamp> stamps() const;
  std::shared_ptr<const CertificateSet> certificates() const;

  config::Tls tls_;
  std::shared_ptr<TicketKeys> tickets_;
  std::vector<Stamp> stamps_;  // of what is in use, or of what could not be used
  mutable std::mutex mutex_;
  std::shared_ptr<const CertificateSet> certificates_;
};

}  // namespace gateway
