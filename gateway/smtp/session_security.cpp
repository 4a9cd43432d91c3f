#include <fmt/core.h>

#include "gateway/net/peer_fingerprints.hpp"
#include "gateway/net/tls_settings.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

Session::Done Session::start_tls() {
  Reply reply = replies::ready_for_tls();
  if (connection_.is_tls()) {
    reply = replies::tls_already_active();
  } else if (parts_->listener_config().tls == config::ListenerTls::none) {
    reply = replies::not_implemented();
  } else if (!parts_->snapshot->tls) {
    reply = replies::tls_not_available();
  } else if (transaction_) {
    reply = replies::transaction_in_progress();
  } else if (is_over(ClientCounters::Event::new_tls)) {
    reply = {454, "4.7.0", fmt::format("Error: too many new TLS sessions from {}", facts_.client_address.to_string())};
  }
  const bool agreed = reply.code == 220;
  co_await say(std::move(reply));
  const bool flushed = co_await flush();
  if (!agreed || !flushed) co_return;
  [[maybe_unused]] const bool secured = co_await secure();
}

asio::awaitable<bool> Session::secure() {
  // What came in clear must never be read as if it had come inside TLS (command injection).
  reader_.clear();
  if (!parts_->snapshot->tls) {
    ended_ = true;
    co_return false;
  }
  auto tls = parts_->snapshot->tls->new_session(parts_->listener_config().client_certificates);
  connection_.expire_after(parts_->config().limits.smtpd_timeout);
  const auto error = co_await connection_.start_tls(std::move(tls), Connection::Role::server);
  connection_.never_expire();
  if (error) {
    parts_->metrics.handshake({}, false);
    const auto& why = connection_.tls_error().empty() ? error.message() : connection_.tls_error();
    parts_->log.write(Program::smtpd, Level::info, "tls_failed", {},
                      fmt::format("SSL_accept error from {}: {}", client_, why), {{"client", client_}});
    if (error == timed_out) {
      end("timeout");
    } else {
      end("lost connection");
    }
    co_return false;
  }
  tls_ = std::make_unique<TlsSummary>(connection_.summarize_tls());
  parts_->metrics.handshake(tls_->protocol, true);
  facts_.tls_protocol = tls_->protocol;
  facts_.tls_cipher = tls_->cipher;
  facts_.tls_bits = tls_->used_bits;
  facts_.client_cert_trusted = tls_->peer_trusted && !tls_->peer_fingerprint.empty();
  facts_.client_cert_subject = tls_->peer_subject;
  facts_.client_cert_issuer = tls_->peer_issuer;
  const auto fingerprints = fingerprints_of_peer(connection_.tls(), parts_->config().tls.fingerprint_digest);
  facts_.client_cert_fingerprint = fingerprints.certificate;
  facts_.client_pubkey_fingerprint = fingerprints.key;
  const bool has_certificate = !tls_->peer_fingerprint.empty();
  parts_->log.write(Program::smtpd, Level::info, "tls", {},
                    fmt::format("{} TLS connection established from {}: {} with cipher {} ({}/{} bits)",
                                !has_certificate     ? "Anonymous"
                                : tls_->peer_trusted ? "Trusted"
                                                     : "Untrusted",
                                client_, tls_->protocol, tls_->cipher, tls_->used_bits, tls_->strength_bits),
                    {{"client", client_}, {"protocol", tls_->protocol}, {"cipher", tls_->cipher}});
  // RFC 3207 4.2: nothing that the client said before counts any more.
  transaction_.reset();
  inquiry_.forget_all();
  facts_.login.clear();
  facts_.sasl_method.clear();
  facts_.helo.clear();
  facts_.protocol = "SMTP";
  is_extended_ = false;
  co_return true;
}

}  // namespace gateway
