// The login part of PeerSession: mechanisms are chosen and AUTH is spoken (RFC 4954).
#include "gateway/delivery/peer_commands.hpp"
#include "gateway/delivery/peer_session.hpp"
#include "gateway/net/awaited.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds plugin_limit{60};
constexpr int most_challenges = 20;

std::string initial_response(std::string_view octets) {
  return octets.empty() ? "=" : encode_base64(octets);
}

std::string challenge_of(const PeerReply& reply) {
  const std::size_t start = reply.text.size() > 4 ? 4 : reply.text.size();
  return reply.text.substr(start, reply.text.find('\n', start) - start);
}

}  // namespace

/// One login under way: what the server said last, and why it ended before it could say yes.
struct PeerSession::Exchange {
  PeerLogin login;
  config::RouteAuth wishes;
  std::vector<std::string> security_options;
  PeerReply reply;
  std::string problem;
  bool started = false;  // AUTH was sent
  bool broken = false;
};

asio::awaitable<std::optional<Outcome>> PeerSession::authenticate(PeerLogin login) {
  enter(Phase::auth);
  Exchange exchange;
  exchange.login = std::move(login);
  if (wishes_->route->auth) exchange.wishes = *wishes_->route->auth;
  const bool safe = connection_.is_tls() || !peer_.unix_path.empty() || peer_.address.is_loopback();
  exchange.security_options =
      connection_.is_tls() ? exchange.wishes.tls_security_options : exchange.wishes.security_options;
  bool plaintext = safe;
  for (const auto& option : exchange.security_options)
    if (option == "noplaintext" && connection_.is_tls()) plaintext = false;
  const auto choice =
      choose_mechanisms(exchange.wishes, offers_.auth, plaintext ? Plaintext::allowed : Plaintext::refused);
  if (!choice.plugins.empty()) co_await log_in_by_plugin(exchange, choice.plugins);
  for (std::size_t at = 0; at < choice.ordered.size() && !exchange.started && !exchange.broken; ++at) {
    const std::string& mechanism = choice.ordered[at];
    if (mechanism == "PLAIN" || mechanism == "LOGIN" || mechanism == "EXTERNAL") {
      co_await log_in_plainly(exchange, mechanism);
    } else {
      std::vector<std::string> one{mechanism};
      co_await log_in_by_plugin(exchange, std::move(one));
    }
  }
  if (exchange.broken) co_return broken();
  if (exchange.started && exchange.problem.empty() && exchange.reply.code / 100 == 2) co_return std::nullopt;
  quit();
  Outcome outcome{Outcome::Result::deferred, "4.7.0", {}, peer_.host, {}, false};
  if (exchange.started && exchange.problem.empty()) {
    outcome.text = "SASL authentication failed; server " + name_ + " said: " + exchange.reply.printable();
    outcome.reply = exchange.reply.printable();
  } else if (!exchange.started && choice.is_empty() && !plaintext && !connection_.is_tls()) {
    outcome.text = "SASL authentication needs TLS with server " + name_;
  } else {
    outcome.text = "SASL authentication failed; cannot authenticate to server " + name_ + ": " +
                   (exchange.problem.empty() ? "no mechanism available" : exchange.problem);
  }
  co_return outcome;
}

asio::awaitable<void> PeerSession::log_in_plainly(Exchange& exchange, std::string mechanism) {
  exchange.started = true;
  const PeerLogin& login = exchange.login;
  bool answered = false;
  if (mechanism == "EXTERNAL") {
    answered = co_await ask("AUTH EXTERNAL " + initial_response(login.user) + "\r\n", exchange.reply);
  } else if (mechanism == "PLAIN") {
    std::string secret;
    secret += '\0';
    secret += login.user;
    secret += '\0';
    secret += login.password;
    answered = co_await ask("AUTH PLAIN " + encode_base64(secret) + "\r\n", exchange.reply);
  } else {
    answered = co_await ask("AUTH LOGIN\r\n", exchange.reply);
    if (answered && exchange.reply.code == 334)
      answered = co_await ask(encode_base64(login.user) + "\r\n", exchange.reply);
    if (answered && exchange.reply.code == 334)
      answered = co_await ask(encode_base64(login.password) + "\r\n", exchange.reply);
  }
  exchange.broken = !answered;
}

asio::awaitable<void> PeerSession::log_in_by_plugin(Exchange& exchange, std::vector<std::string> mechanisms) {
  using Started = tl::expected<SaslClient::Start, std::string>;
  using Stepped = tl::expected<std::string, std::string>;
  SaslClient::Wishes wishes{exchange.login, peer_.host, exchange.security_options};
  auto client = std::make_shared<SaslClient>(std::move(wishes));
  Awaited<Started> first(shard_.loop());
  const auto start = [client, mechanisms, done = first.callback_from_any_thread()] { done(client->start(mechanisms)); };
  wishes_->security->threads().run(start);
  auto started = co_await first.wait(plugin_limit);
  if (!started || !*started) {
    // Another mechanism may do.
    exchange.problem = started ? started->error() : std::string("timed out");
    co_return;
  }
  exchange.problem.clear();
  exchange.started = true;
  std::string command = "AUTH " + (*started)->mechanism;
  if ((*started)->initial) command += " " + initial_response(*(*started)->initial);
  bool answered = co_await ask(command + "\r\n", exchange.reply);
  for (int round = 0; answered && exchange.reply.code == 334; ++round) {
    Awaited<Stepped> next(shard_.loop());
    const auto step = [client, challenge = challenge_of(exchange.reply), done = next.callback_from_any_thread()] {
      done(client->step(challenge));
    };
    wishes_->security->threads().run(step);
    auto stepped = co_await next.wait(plugin_limit);
    if (!stepped || !*stepped || round >= most_challenges) {
      exchange.problem = !stepped ? "timed out" : !*stepped ? stepped->error() : "too many challenges";
      answered = co_await ask("*\r\n", exchange.reply);
      break;
    }
    answered = co_await ask(encode_base64(**stepped) + "\r\n", exchange.reply);
  }
  exchange.broken = !answered;
}

}  // namespace gateway
