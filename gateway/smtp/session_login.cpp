#include <fmt/core.h>

#include <algorithm>

#include "gateway/net/awaited.hpp"
#include "gateway/sasl/base64.hpp"
#include "gateway/sasl/mechanisms.hpp"
#include "gateway/smtp/parameters.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

/// What checks passwords has limits of its own; this one is for when those fail.
constexpr std::chrono::seconds answer_limit{60};
/// RFC 4954 4: what an AUTH exchange's line may be, CRLF included.
constexpr std::size_t exchange_line_limit = 12288;
/// No mechanism needs more turns; a client must not keep one going for ever.
constexpr int most_turns = 16;

std::string in_capitals(std::string_view text) {
  std::string result(text);
  for (char& octet : result)
    if (octet >= 'a' && octet <= 'z') octet = static_cast<char>(octet - 'a' + 'A');
  return result;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

LoginPeer Session::login_peer() const {
  LoginPeer peer;
  peer.client_address = facts_.client_address.to_string();
  peer.client_port = facts_.client_port;
  peer.server_address = facts_.server_address.to_string();
  peer.server_port = facts_.server_port;
  peer.tls = connection_.is_tls();
  peer.tls_bits = facts_.tls_bits;
  if (facts_.client_cert_trusted) peer.certificate_name = facts_.client_cert_subject;
  return peer;
}

std::vector<std::string> Session::login_mechanisms() const {
  if (parts_->listener_config().auth == config::ListenerAuth::no) return {};
  if (parts_->config().sasl.require_tls && !connection_.is_tls()) return {};
  return parts_->services->login_mechanisms(login_peer());
}

Reply Session::refuse_auth(std::string_view mechanism) const {
  const auto& config = parts_->config();
  if (parts_->listener_config().auth == config::ListenerAuth::no) return replies::authentication_not_enabled();
  if (!is_extended_) return replies::hello_first();
  if (!facts_.login.empty()) return replies::already_authenticated();
  if (transaction_) return replies::transaction_in_progress();
  if (config.sasl.require_tls && !connection_.is_tls()) return replies::tls_required_for_auth();
  if (mechanism.empty()) return replies::syntax("AUTH mechanism");
  if (contains(login_mechanisms(), mechanism)) return {};
  const bool needs_tls = !connection_.is_tls() && keeps_to(config.sasl.tls_security_options, mechanism) &&
                         !keeps_to(config.sasl.security_options, mechanism) &&
                         std::any_of(config.sasl.mechanisms.begin(), config.sasl.mechanisms.end(),
                                     [&](const auto& each) { return in_capitals(each) == mechanism; });
  return needs_tls ? replies::tls_required_for_auth() : replies::unknown_mechanism();
}

Session::Done Session::authenticate(std::string_view argument) {
  const auto blank = argument.find_first_of(" \t");
  std::string mechanism = in_capitals(argument.substr(0, blank));
  Reply refusal = refuse_auth(mechanism);
  std::optional<std::string> initial;
  if (refusal.code == 0 && blank != std::string_view::npos) {
    const auto coded = trim(argument.substr(blank));
    // RFC 4954 4: "=" is an initial response without octets.
    initial = coded == "=" ? std::string() : decode_base64(coded);
    if (coded == "*")
      refusal = replies::authentication_aborted();
    else if (!initial)
      refusal = replies::bad_base64();
  }
  if (refusal.code == 0 && is_over(ClientCounters::Event::auth)) {
    parts_->metrics.auth(mechanism, "limited");
    refusal = replies::too_many("many AUTH commands", facts_.client_address.to_string());
  }
  if (refusal.code != 0) {
    co_await say(std::move(refusal));
    co_return;
  }
  co_await hold_login_dialogue(std::move(mechanism), std::move(initial));
}

Session::Done Session::hold_login_dialogue(std::string mechanism, std::optional<std::string> initial) {
  const auto peer = login_peer();
  const auto dialogue = parts_->services->begin_login(mechanism, peer);
  LoginAttempt attempt(parts_->login_failures);
  std::optional<std::string> words = std::move(initial);
  int said = 0;
  for (int turn = 0; turn < most_turns; ++turn) {
    if (words && attempt.login.empty()) attempt.login = claimed_login(mechanism, *words, said);
    if (words) ++said;
    const bool admitted = admit_login(attempt, mechanism);
    if (!admitted) {
      co_await pause(parts_->config().sasl.failure_delay);
      co_await say(replies::too_many_failed_logins());
      co_return;
    }
    Awaited<LoginStep> awaited(parts_->shard.loop());
    if (turn == 0) {
      dialogue->start(std::move(words), awaited.callback());
    } else {
      dialogue->feed(std::move(*words), awaited.callback());
    }
    auto answered = co_await awaited.wait(answer_limit);
    LoginStep step;
    step.detail = "no answer in time";
    if (answered) step = std::move(*answered);
    if (step.kind != LoginStep::Kind::challenge) {
      co_await conclude_login(mechanism, std::move(step), attempt);
      co_return;
    }
    Reply challenge{334, "", encode_base64(step.octets)};
    co_await say(std::move(challenge));
    const auto line = co_await read_line();
    if (!line) co_return;
    words.reset();
    Reply refusal;
    if (line->too_long || line->text.size() > exchange_line_limit) {
      refusal = replies::response_too_long();
    } else if (line->text == "*") {
      refusal = replies::authentication_aborted();
    } else {
      words = decode_base64(line->text);
      if (!words) refusal = replies::bad_base64();
    }
    if (refusal.code != 0) {
      co_await say(std::move(refusal));
      co_return;
    }
  }
  co_await say(replies::bad_auth_response());
}

bool Session::admit_login(LoginAttempt& attempt, const std::string& mechanism) {
  const auto& sasl = parts_->config().sasl;
  if (attempt.login.empty() || attempt.is_admitted()) return true;
  const bool client_may =
      !limited_ || attempt.admit("client:" + facts_.client_address.to_string(), sasl.client_failures);
  // Not even a right password is told from a wrong one once a limit is reached.
  const bool login_may = client_may && attempt.admit("login:" + counted_login(attempt.login), sasl.login_failures) &&
                         !has_spent(ClientCounters::Event::auth_failure, attempt.login);
  if (login_may) return true;
  parts_->metrics.auth(mechanism, "limited");
  log_warning(fmt::format("{}: SASL {} authentication failed: too many failures of this {}, sasl_username={}", client_,
                          mechanism, client_may ? "login" : "client", attempt.login));
  return false;
}

Session::Done Session::conclude_login(const std::string& mechanism, LoginStep step, LoginAttempt& attempt) {
  using Kind = LoginStep::Kind;
  if (step.kind == Kind::malformed) {
    co_await say(replies::bad_auth_response());
    co_return;
  }
  if (step.kind == Kind::accepted) {
    facts_.login = std::move(step.login);
    facts_.sasl_method = mechanism;
    // Who asks is another one now: nothing that was answered before counts.
    inquiry_.forget_all();
    parts_->metrics.auth(mechanism, "ok");
    co_await say(replies::authenticated());
    co_return;
  }
  const bool refused = step.kind == Kind::refused;
  parts_->metrics.auth(mechanism, refused ? "failed" : "tempfail");
  const std::string& login = attempt.login.empty() ? step.login : attempt.login;
  // "Connection lost to authentication server" is what keeps fail2ban from punishing clients for our own outage.
  log_warning(fmt::format("{}: SASL {} authentication failed: {}{}{}", client_, mechanism,
                          refused ? "" : "Connection lost to authentication server: ",
                          step.detail.empty() ? "authentication failure" : step.detail,
                          login.empty() ? std::string() : ", sasl_username=" + login));
  if (refused) {
    attempt.fail();
    count(ClientCounters::Event::auth_failure, login);
    co_await pause(parts_->config().sasl.failure_delay);
  }
  Reply reply = refused ? replies::authentication_failed() : replies::authentication_unavailable();
  co_await say(std::move(reply));
}

}  // namespace gateway
