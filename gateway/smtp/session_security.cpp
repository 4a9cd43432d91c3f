#include <fmt/core.h>

#include <algorithm>

#include "gateway/net/awaited.hpp"
#include "gateway/net/tls_settings.hpp"
#include "gateway/smtp/parameters.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds password_limit{60};
/// A wrong password costs its sender this long: guessing must not be faster than people.
constexpr std::chrono::seconds failed_login_delay{1};

}  // namespace

bool Session::offers_auth() const {
  const auto& config = parts_->config();
  if (parts_->listener_config().auth == config::ListenerAuth::no || config.sasl.mechanisms.empty()) return false;
  return connection_.is_tls() || !config.sasl.require_tls;
}

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
  auto tls = parts_->snapshot->tls->new_session();
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
  facts_.client_cert_trusted = tls_->peer_trusted;
  facts_.client_cert_subject = tls_->peer_subject;
  facts_.client_cert_issuer = tls_->peer_issuer;
  facts_.client_cert_fingerprint = tls_->peer_fingerprint;
  facts_.client_pubkey_fingerprint = tls_->peer_key_fingerprint;
  parts_->log.write(Program::smtpd, Level::info, "tls", {},
                    fmt::format("Anonymous TLS connection established from {}: {} with cipher {} ({}/{} bits)", client_,
                                tls_->protocol, tls_->cipher, tls_->used_bits, tls_->strength_bits),
                    {{"client", client_}, {"protocol", tls_->protocol}, {"cipher", tls_->cipher}});
  // RFC 3207 4.2: nothing that the client said before counts any more.
  transaction_.reset();
  facts_.helo.clear();
  facts_.protocol = "SMTP";
  is_extended_ = false;
  co_return true;
}

Session::Done Session::authenticate(std::string_view argument) {
  const auto& config = parts_->config();
  const auto blank = argument.find_first_of(" \t");
  std::string mechanism(argument.substr(0, blank));
  for (char& octet : mechanism)
    if (octet >= 'a' && octet <= 'z') octet = static_cast<char>(octet - 'a' + 'A');
  std::optional<std::string_view> initial;
  if (blank != std::string_view::npos) initial = trim(argument.substr(blank));
  const bool offered = std::find(config.sasl.mechanisms.begin(), config.sasl.mechanisms.end(), mechanism) !=
                       config.sasl.mechanisms.end();
  const bool is_plain = mechanism == "PLAIN";

  Reply refusal;
  if (parts_->listener_config().auth == config::ListenerAuth::no) {
    refusal = replies::authentication_not_enabled();
  } else if (!is_extended_) {
    refusal = replies::hello_first();
  } else if (!facts_.login.empty()) {
    refusal = replies::already_authenticated();
  } else if (transaction_) {
    refusal = replies::transaction_in_progress();
  } else if (config.sasl.require_tls && !connection_.is_tls()) {
    refusal = replies::tls_required_for_auth();
  } else if (mechanism.empty()) {
    refusal = replies::syntax("AUTH mechanism");
  } else if (!offered || (!is_plain && mechanism != "LOGIN")) {
    refusal = replies::unknown_mechanism();
  } else if (is_over(ClientCounters::Event::auth)) {
    parts_->metrics.auth(mechanism, "limited");
    refusal = replies::too_many("many AUTH commands", facts_.client_address.to_string());
  }
  if (refusal.code != 0) {
    co_await say(std::move(refusal));
    co_return;
  }

  SaslExchange exchange(is_plain ? SaslExchange::Mechanism::plain : SaslExchange::Mechanism::login);
  auto step = exchange.start(initial);
  while (step == SaslExchange::Step::challenge) {
    Reply challenge{334, "", std::string(exchange.challenge())};
    co_await say(std::move(challenge));
    const auto line = co_await read_line();
    if (!line) co_return;
    step = line->too_long ? SaslExchange::Step::malformed : exchange.feed(line->text);
  }
  if (step != SaslExchange::Step::complete) {
    Reply reply = step == SaslExchange::Step::aborted ? replies::authentication_aborted() : replies::bad_base64();
    co_await say(std::move(reply));
    co_return;
  }
  co_await check_password(std::move(mechanism), std::move(exchange));
}

Session::Done Session::check_password(std::string mechanism, SaslExchange exchange) {
  struct Outcome {
    lookup::LoginResult result = lookup::LoginResult::unavailable;
    std::string detail = "no answer in time";
  };
  if (has_spent(ClientCounters::Event::auth_failure, exchange.login())) {
    // Not even a right password is told from a wrong one now.
    parts_->metrics.auth(mechanism, "limited");
    Reply reply = replies::too_many("many failed logins", facts_.client_address.to_string());
    co_await say(std::move(reply));
    co_return;
  }
  Outcome outcome{lookup::LoginResult::refused, "empty name or password"};
  std::string password = exchange.take_password();
  // RFC 4513 5.1.2: an empty password would be an anonymous bind, which succeeds.
  if (!exchange.login().empty() && !password.empty() && password.find('\0') == std::string::npos) {
    Awaited<Outcome> awaited(parts_->shard.loop());
    const auto callback = awaited.callback();
    parts_->services->check_password(exchange.login(), std::move(password),
                                     [callback](lookup::LoginResult result, std::string detail) {
                                       callback(Outcome{result, std::move(detail)});
                                     });
    auto answered = co_await awaited.wait(password_limit);
    outcome = answered ? std::move(*answered) : Outcome{};
  }
  if (outcome.result == lookup::LoginResult::ok) {
    facts_.login = exchange.login();
    facts_.sasl_method = mechanism;
    parts_->metrics.auth(mechanism, "ok");
    co_await say(replies::authenticated());
    co_return;
  }
  const bool refused = outcome.result == lookup::LoginResult::refused;
  parts_->metrics.auth(mechanism, refused ? "failed" : "tempfail");
  log_warning(fmt::format("{}: SASL {} authentication failed: {}, sasl_username={}", client_, mechanism,
                          outcome.detail.empty() ? "authentication failure" : outcome.detail, exchange.login()));
  if (refused) {
    count(ClientCounters::Event::auth_failure, exchange.login());
    co_await pause(failed_login_delay);
  }
  Reply reply = refused ? replies::authentication_failed() : replies::authentication_unavailable();
  co_await say(std::move(reply));
}

}  // namespace gateway
