#include "gateway/delivery/smtp_client.hpp"

#include <algorithm>

#include "gateway/net/awaited.hpp"
#include "lookup/dns.hpp"

namespace gateway {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int address_limit = 5;
constexpr int session_limit = 2;
constexpr std::chrono::seconds reuse_limit{300};

MessageTls wish_of(const Envelope& envelope) {
  // RFC 8689 5: the header field means nothing beside the SMTP option.
  if (envelope.require_tls) return MessageTls::required;
  return envelope.tls_not_required ? MessageTls::dispensable : MessageTls::usual;
}

}  // namespace

struct SmtpClient::Progress {
  const Consignment& consignment;
  Report report;
  std::vector<std::uint32_t> open_recipients;  // not sent and not failed yet
  std::vector<std::size_t> open_places;        // their places in the report
  int addresses = 0, sessions = 0;

  bool is_done() const { return open_recipients.empty(); }

  void note_all(const Outcome& outcome) {
    for (const std::size_t place : open_places) report.outcomes[place] = outcome;
    if (outcome.result != Outcome::Result::deferred) {
      open_places.clear();
      open_recipients.clear();
    }
  }

  /// Takes what one conversation decided; the deferred ones stay open for the next host.
  void note(const std::vector<Outcome>& outcomes) {
    std::vector<std::uint32_t> recipients;
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < outcomes.size(); ++at) {
      report.outcomes[open_places[at]] = outcomes[at];
      if (outcomes[at].result != Outcome::Result::deferred) continue;
      recipients.push_back(open_recipients[at]);
      places.push_back(open_places[at]);
    }
    open_recipients = std::move(recipients);
    open_places = std::move(places);
  }
};

SmtpClient::SmtpClient(Shard& shard, lookup::Resolver& dns, std::shared_ptr<const PeerSession::Wishes> wishes,
                       std::vector<std::string> hosts, std::string domain)
    : shard_(shard), dns_(dns), wishes_(std::move(wishes)), hosts_(std::move(hosts)), domain_(std::move(domain)) {}

asio::awaitable<SmtpClient::Report> SmtpClient::deliver(const Consignment& consignment) {
  Progress progress{consignment, {}, consignment.recipients, {}};
  progress.report.outcomes.resize(consignment.recipients.size());
  for (std::size_t at = 0; at < consignment.recipients.size(); ++at) progress.open_places.push_back(at);

  if (is_open() && (SteadyClock::now() - connected_at_ >= reuse_limit || !suits(consignment.message->stored.envelope)))
    close();
  if (is_open()) {
    ++progress.addresses;
    ++progress.sessions;
    const bool talked = co_await transact(progress);
    if (!talked) {
      progress.addresses = 0;
      progress.sessions = 0;
    }
  } else {
    close();
  }
  if (!progress.is_done()) co_await try_hosts(progress, hosts_);
  if (!progress.is_done() && !wishes_->route->fallback.empty()) {
    progress.addresses = 0;
    progress.sessions = 0;
    co_await try_hosts(progress, wishes_->route->fallback);
  }
  co_return std::move(progress.report);
}

asio::awaitable<void> SmtpClient::try_hosts(Progress& progress, std::vector<std::string> hosts) {
  const auto started = SteadyClock::now();
  const std::uint16_t port = wishes_->route->protocol == config::Protocol::lmtp ? 24 : 25;
  auto found = co_await find_peer_hosts(shard_.loop(), dns_, *wishes_->config, std::move(hosts), domain_, port);
  progress.report.connect += SteadyClock::now() - started;
  if (found.addresses.empty()) {
    Outcome outcome;
    outcome.result = found.permanent ? Outcome::Result::failed : Outcome::Result::deferred;
    outcome.dsn = found.dsn;
    outcome.text = found.text;
    // A name that does not exist says nothing of a server being down.
    if (found.permanent) progress.report.reached = true;
    if (progress.sessions == 0) progress.note_all(outcome);
    co_return;
  }
  for (const PeerAddress& peer : found.addresses) {
    if (abandoned_ || progress.is_done() || progress.addresses >= address_limit || progress.sessions >= session_limit)
      break;
    if (is_open() && session_->peer().to_string() == peer.to_string()) continue;  // it has just refused
    ++progress.addresses;
    close();
    const bool connected = co_await connect(progress, peer);
    if (!connected) continue;
    ++progress.sessions;
    co_await transact(progress);
  }
}

/// A session that was made for another kind of message, or with another sender's login, is not for this one.
bool SmtpClient::suits(const Envelope& envelope) const {
  const auto& auth = wishes_->route->auth;
  return made_for_ == wish_of(envelope) && (!auth || !auth->by_sender || login_sender_ == envelope.sender.folded());
}

void SmtpClient::report_tls(const PeerSecurity::Decision& decision, const PeerAddress& peer) const {
  if (!on_tls || !peer.by_mx || decision.tls.level == config::TlsLevel::none) return;
  const TlsFailure later = session_ ? session_->tls_failure() : TlsFailure::none;
  const bool encrypted = session_ && session_->is_encrypted();
  // A server that was not reached says nothing of TLS.
  if (later == TlsFailure::none && decision.failure == TlsFailure::none && !encrypted) return;
  TlsResult result;
  result.domain = lookup::ascii_lower(parse_host_entry(peer.destination, peer.port).host);
  result.failure = later != TlsFailure::none ? later : decision.failure;
  result.host = peer.host;
  result.address = peer.address.to_string();
  if (session_) result.sending_address = session_->local_address();
  if (decision.tls.level == config::TlsLevel::dane) {
    result.policy_type = "tlsa";
    result.policy = decision.tls.tlsa;
  } else if (decision.sts) {
    result.policy_type = "sts";
    for (std::string_view rest = decision.sts->text; !rest.empty();) {
      const std::size_t end = rest.find_first_of("\r\n");
      if (end != 0) result.policy.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    result.mx_hosts = decision.sts->mx;
  } else {
    result.policy_type = "no-policy-found";
  }
  on_tls(result);
}

asio::awaitable<bool> SmtpClient::connect(Progress& progress, PeerAddress peer) {
  const auto started = SteadyClock::now();
  const Envelope& envelope = progress.consignment.message->stored.envelope;
  made_for_ = wish_of(envelope);
  login_sender_ = envelope.sender.folded();
  std::optional<Outcome> refusal;
  PeerSecurity::Decision decision;
  PeerSecurity::Login login;
  if (peer.unix_path.empty()) decision = co_await wishes_->security->decide(wishes_->route, peer, made_for_);
  refusal = decision.refusal;
  if (refusal) report_tls(decision, peer);
  if (!refusal) {
    login = co_await wishes_->security->find_login(wishes_->route, peer, envelope.sender);
    refusal = login.refusal;
  }
  if (!refusal) {
    session_ = std::make_unique<PeerSession>(shard_, wishes_, peer);
    refusal = co_await session_->open(decision.tls, login.login);
    report_tls(decision, peer);
    // Opportunistic TLS must not make worse what clear text can do, but only where the level allows it.
    if (refusal && session_->failed_in_tls() && !decision.tls.is_mandatory() && !abandoned_) {
      PeerTls clear;
      session_ = std::make_unique<PeerSession>(shard_, wishes_, peer);
      refusal = co_await session_->open(std::move(clear), login.login);
    }
  }
  connected_at_ = SteadyClock::now();
  progress.report.connect += connected_at_ - started;
  if (refusal) {
    progress.note_all(*refusal);
    progress.report.relay = refusal->remote.empty() || !session_ ? "none" : session_->relay();
    session_.reset();
    co_return false;
  }
  if (on_connection) on_connection(true, *session_);
  co_return true;
}

asio::awaitable<bool> SmtpClient::transact(Progress& progress) {
  const auto started = SteadyClock::now();
  std::vector<Outcome> outcomes;
  const bool talked = co_await session_->send(*progress.consignment.message, progress.open_recipients, outcomes);
  if (talked) {
    progress.report.transmit += SteadyClock::now() - started;
    progress.report.relay = session_->relay();
    progress.report.reached = true;
    progress.note(outcomes);
  }
  if (!session_->is_open()) close();
  co_return talked;
}

void SmtpClient::abandon() {
  abandoned_ = true;
  if (session_) session_->abandon();
}

void SmtpClient::close() {
  if (!session_) return;
  session_->quit();
  if (on_connection) on_connection(false, *session_);
  session_.reset();
}

}  // namespace gateway
