#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "gateway/net/tls_settings.hpp"

namespace gateway {

/// The listeners' TLS over the daemon's life: certificates follow their files, ticket keys outlive reloads, and the end
/// of each certificate is a metric. Belongs to the admin loop; what load() gives is safe from any.
class ServerTls {
 public:
  ServerTls(Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}

  /// The settings of a new configuration, which refresh() follows from now on. Null without certificates.
  [[nodiscard]] tl::expected<std::shared_ptr<const TlsSettings>, std::string> load(const config::Tls& tls);

  /// Reads certificates again whose files changed; to be called every few seconds.
  void refresh();

 private:
  void show_validities();

  Log& log_;
  Metrics& metrics_;
  std::shared_ptr<TicketKeys> tickets_ = std::make_shared<TicketKeys>();
  std::shared_ptr<TlsSettings> settings_;
};

}  // namespace gateway
