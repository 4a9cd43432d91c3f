// The TLS part of PeerSession: STARTTLS or the wrapper, the handshake, the server's certificate.
#include <fmt/core.h>
#include <openssl/ssl.h>

#include "gateway/delivery/peer_session.hpp"

namespace gateway {

namespace {

/// "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)", as Postfix says it.
std::string describe(const TlsSummary& summary) {
  return fmt::format("{} with cipher {} ({}/{} bits)", summary.protocol, summary.cipher, summary.used_bits,
                     summary.strength_bits);
}

}  // namespace

bool PeerSession::is_authenticated() const {
  return connection_.is_tls() &&
         (verdict_.trust == ClientTls::Trust::verified || verdict_.trust == ClientTls::Trust::dane);
}

asio::awaitable<std::optional<Outcome>> PeerSession::ask_for_tls() {
  if (!offers_.start_tls) {
    verdict_.failure = TlsFailure::starttls_not_supported;
    if (!tls_.is_mandatory()) co_return std::nullopt;
    quit();
    co_return Outcome{Outcome::Result::deferred,
                      "4.7.4",
                      "TLS is required, but was not offered by host " + name_,
                      peer_.host,
                      {},
                      false};
  }
  enter(Phase::start_tls);
  PeerReply reply;
  const bool answered = co_await ask("STARTTLS\r\n", reply);
  if (!answered) co_return broken();
  failed_in_tls_ = true;
  if (reply.code != 220) {
    verdict_.failure = TlsFailure::starttls_not_supported;
    quit();
    auto outcome = outcome_of(reply, Phase::start_tls);
    // That a server cannot do TLS today says nothing of the recipient.
    outcome.result = Outcome::Result::deferred;
    outcome.dsn = "4.7.4";
    co_return outcome;
  }
  // What came behind the reply in clear text was put there by somebody on the way.
  if (input_used_ < input_.size() || connection_.has_unread_input()) {
    connection_.close();
    verdict_.failure = TlsFailure::validation_failure;
    co_return Outcome{Outcome::Result::deferred,
                      "4.7.5",
                      "host " + name_ + " sent text before the TLS handshake",
                      peer_.host,
                      {},
                      false};
  }
  auto refusal = co_await encrypt();
  if (refusal) co_return refusal;
  refusal = co_await introduce();
  co_return refusal;
}

asio::awaitable<std::optional<Outcome>> PeerSession::encrypt() {
  enter(Phase::start_tls);
  failed_in_tls_ = true;
  Outcome outcome{Outcome::Result::deferred, "4.7.5", "Cannot start TLS: handshake failure", peer_.host, {}, false};
  TlsPtr session = tls_.client->new_session(tls_);
  if (!session) {
    connection_.close();
    outcome.text = "TLS is required, but our TLS engine is unavailable";
    co_return outcome;
  }
  const std::error_code error = co_await connection_.start_tls(std::move(session), Connection::Role::client);
  if (error) {
    const std::string reason = error == timed_out                ? "timed out"
                               : connection_.tls_error().empty() ? error.message()
                                                                 : connection_.tls_error();
    wishes_->log->info(Program::smtp, "tls", "SSL_connect error to " + relay_ + ": " + reason);
    verdict_.failure = TlsFailure::validation_failure;
    verdict_.reason = reason;
    connection_.close();
    co_return outcome;
  }
  verdict_ = tls_.client->judge(connection_.tls(), tls_);
  log_tls();
  if (verdict_.trust == ClientTls::Trust::refused) {
    quit();
    outcome.text = "Server certificate not verified";
    co_return outcome;
  }
  failed_in_tls_ = false;
  encrypted_ = true;
  co_return std::nullopt;
}

void PeerSession::log_tls() const {
  const TlsSummary summary = connection_.summarize_tls();
  if (!verdict_.reason.empty())
    wishes_->log->info(Program::smtp, "tls", "certificate verification failed for " + relay_ + ": " + verdict_.reason);
  const std::string text =
      fmt::format("{} TLS connection established to {}: {}", verdict_.status, relay_, describe(summary));
  wishes_->log->write(Program::smtp, Level::info, "tls", {}, text,
                      {{"relay", relay_},
                       {"tls_status", verdict_.status},
                       {"tls_protocol", summary.protocol},
                       {"tls_cipher", summary.cipher}});
}

}  // namespace gateway
