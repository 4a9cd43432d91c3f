#include "gateway/assembly/server_tls.hpp"

namespace gateway {

tl::expected<std::shared_ptr<const TlsSettings>, std::string> ServerTls::load(const config::Tls& tls) {
  auto settings = TlsSettings::load(tls, tickets_);
  if (!settings) return tl::unexpected(settings.error());
  settings_ = std::move(*settings);
  show_validities();
  return std::shared_ptr<const TlsSettings>(settings_);
}

void ServerTls::refresh() {
  if (!settings_) return;
  const auto refreshed = settings_->refresh();
  if (!refreshed) return;
  log_.write(Program::master, refreshed->good ? Level::info : Level::warning, "tls", {},
             (refreshed->good ? "tls: " : "warning: tls: ") + refreshed->text);
  if (refreshed->good) show_validities();
}

void ServerTls::show_validities() {
  if (!settings_) return;
  for (const auto& each : settings_->validities())
    metrics_.gauge("tls_certificate_not_after_timestamp_seconds", {{"certificate", each.file}})
        .set(static_cast<double>(each.not_after));
}

}  // namespace gateway
