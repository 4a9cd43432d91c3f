#include "gateway/delivery/peer_security.hpp"

#include "gateway/delivery/certificate_match.hpp"
#include "gateway/delivery/login_choice.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/delivery/tls_policy.hpp"
#include "gateway/net/awaited.hpp"
#include "lookup/dns.hpp"

namespace gateway {

namespace {

using config::TlsLevel;

constexpr std::chrono::seconds table_limit{60}, tlsa_limit{30};
constexpr std::size_t most_loaded = 1000;

Outcome deferral(const PeerAddress& peer, std::string text, std::string dsn = "4.7.5") {
  return {Outcome::Result::deferred, std::move(dsn), std::move(text), peer.host, {}, false};
}

/// A name as others write it: without brackets and port.
std::string name_of(const std::string& destination) {
  return parse_host_entry(destination, 25).host;
}

}  // namespace

asio::awaitable<PeerSecurity::Decision> PeerSecurity::decide(std::shared_ptr<const config::Route> route,
                                                             PeerAddress peer, MessageTls wish) {
  Decision decision;
  config::RouteTls wishes = route->tls;
  std::string entry;
  if (!wishes.policy.empty()) {
    Awaited<lookup::Answer> awaited(parts_.loop);
    parts_.tables.look_up(wishes.policy, tls_policy_keys(peer.destination), awaited.callback());
    auto answer = co_await awaited.wait(table_limit);
    if (!answer || answer->is_unavailable()) {
      parts_.log.warning(Program::smtp, "TLS policy of " + peer.destination + " cannot be looked up: " +
                                            (answer ? answer->detail : std::string("no answer in time")));
      decision.refusal = deferral(peer, "client TLS configuration problem");
      co_return decision;
    }
    if (answer->is_found()) {
      entry = answer->joined();
      auto applied = apply_tls_policy(wishes, entry);
      if (!applied) {
        parts_.log.warning(Program::smtp, "TLS policy of " + peer.destination + ": " + applied.error());
        decision.refusal = deferral(peer, "client TLS configuration problem");
        co_return decision;
      }
      wishes = std::move(*applied);
    }
  }
  PeerTls& tls = decision.tls;
  tls.host = peer.host;
  tls.nexthop = name_of(peer.destination);
  tls.level = wishes.level;
  tls.wrapper =
      wishes.level != TlsLevel::none && (wishes.wrapper == config::TlsWrapper::yes ||
                                         (wishes.wrapper == config::TlsWrapper::automatic && peer.port == 465));
  // What the receiving domain published is set aside by the sender's wish; what our administrator asked for is not.
  const bool dane = wishes.level == TlsLevel::dane || wishes.level == TlsLevel::dane_only;
  if (dane && wish == MessageTls::dispensable) {
    tls.level = TlsLevel::may;
  } else if (dane) {
    co_await apply_dane(decision, peer, wishes.level);
    if (decision.refusal) co_return decision;
  }
  // RFC 8461 2: where DANE applies, it comes first.
  const bool open = tls.level == TlsLevel::may || tls.level == TlsLevel::encrypt;
  if (route->tls.mta_sts && peer.by_mx && open && wish != MessageTls::dispensable) {
    co_await apply_sts(decision, peer);
    if (decision.refusal) co_return decision;
  }
  // RFC 8689 4.2.1: an authenticated server, found by a way that nobody could bend.
  if (wish == MessageTls::required) {
    if (peer.by_mx && !peer.secure && tls.sts != PeerTls::Sts::enforced) {
      decision.refusal = deferral(
          peer, "REQUIRETLS needs MX records that are validated; those of " + tls.nexthop + " are not", "5.7.30");
      decision.refusal->result = Outcome::Result::failed;
      co_return decision;
    }
    if (tls.level == TlsLevel::none || tls.level == TlsLevel::may || tls.level == TlsLevel::encrypt)
      tls.level = TlsLevel::verify;
    if (wishes.level == TlsLevel::none) wishes.level = TlsLevel::verify;
  }
  if (tls.wrapper && tls.level == TlsLevel::may) tls.level = TlsLevel::encrypt;
  if (tls.level == TlsLevel::none) co_return decision;
  tls.client = load(route->name, entry, wishes);
  if (!tls.client && tls.is_mandatory()) {
    decision.refusal = deferral(peer, "TLS is required, but our TLS engine is unavailable");
  } else if (!tls.client) {
    tls.level = TlsLevel::none;
  }
  co_return decision;
}

asio::awaitable<PeerSecurity::Login> PeerSecurity::find_login(std::shared_ptr<const config::Route> route,
                                                              PeerAddress peer, lookup::Address sender) {
  Login found;
  if (!route->auth) co_return found;
  const config::RouteAuth& auth = *route->auth;
  // As smtp_sasl_passwd_lookup() of Postfix: the sender, the host, the destination.
  std::vector<std::vector<std::string>> rounds;
  if (auth.by_sender && !sender.local.empty())
    rounds.push_back({sender.folded(), "@" + lookup::ascii_lower(sender.domain)});
  rounds.push_back({lookup::ascii_lower(peer.host)});
  rounds.push_back(destination_forms(peer.destination));
  for (std::size_t at = 0; at < rounds.size() && !auth.passwords.empty(); ++at) {
    Awaited<lookup::Answer> awaited(parts_.loop);
    parts_.tables.look_up(auth.passwords, rounds[at], awaited.callback());
    auto answer = co_await awaited.wait(table_limit);
    if (!answer || answer->is_unavailable()) {
      parts_.log.warning(Program::smtp, "login for " + peer.destination + " cannot be looked up: " +
                                            (answer ? answer->detail : std::string("no answer in time")));
      found.refusal = deferral(peer, "SASL login lookup error", "4.3.0");
      co_return found;
    }
    if (!answer->is_found()) continue;
    found.login = parse_login(answer->joined());
    co_return found;
  }
  const bool by_name = !auth.user.empty();
  if (by_name || auth.passwords.empty()) found.login = PeerLogin{auth.user, auth.password};
  co_return found;
}

asio::awaitable<void> PeerSecurity::apply_dane(Decision& decision, const PeerAddress& peer, TlsLevel wanted) {
  const bool only = wanted == TlsLevel::dane_only;
  PeerTls& tls = decision.tls;
  if (!peer.secure) {
    // Without signatures in the DNS there is nothing that TLSA records could prove.
    tls.level = TlsLevel::may;
    if (only) decision.refusal = deferral(peer, "non DNSSEC destination");
    if (only) decision.failure = TlsFailure::dane_required;
    co_return;
  }
  auto found = co_await find_tlsa(peer);
  switch (found.state) {
    case Records::unavailable:
      // RFC 7672 2.1: somebody may be hiding the records; another server or another time must do.
      decision.refusal = deferral(peer, "TLSA lookup error for " + peer.host + ":" + std::to_string(peer.port));
      decision.failure = TlsFailure::dnssec_invalid;
      break;
    case Records::usable:
      tls.level = TlsLevel::dane;
      tls.host = std::move(found.base);
      tls.tlsa = std::move(found.usable);
      break;
    case Records::unusable:
      // RFC 7672 2.2: TLS is promised, but by whom cannot be checked.
      tls.level = TlsLevel::encrypt;
      decision.failure = TlsFailure::tlsa_invalid;
      if (only) decision.refusal = deferral(peer, "no usable TLSA records for " + peer.host);
      break;
    case Records::absent:
      tls.level = TlsLevel::may;
      if (only) decision.refusal = deferral(peer, "no TLSA records found");
      if (only) decision.failure = TlsFailure::dane_required;
      break;
  }
}

asio::awaitable<void> PeerSecurity::apply_sts(Decision& decision, const PeerAddress& peer) {
  auto answer = co_await parts_.sts.find(name_of(peer.destination));
  if (answer.fetch_failed) decision.failure = TlsFailure::sts_policy_fetch_error;
  if (!answer.policy || answer.policy->mode == StsPolicy::Mode::none) co_return;
  const bool enforced = answer.policy->mode == StsPolicy::Mode::enforce;
  const bool named = answer.policy->names(peer.host);
  decision.tls.sts = enforced ? PeerTls::Sts::enforced : PeerTls::Sts::testing;
  if (!named) decision.failure = TlsFailure::validation_failure;
  decision.sts = std::move(answer.policy);
  if (!enforced) co_return;
  decision.tls.level = TlsLevel::verify;
  if (!named)
    decision.refusal =
        deferral(peer, "MTA-STS policy of " + name_of(peer.destination) + " does not name host " + peer.host);
}

asio::awaitable<PeerSecurity::TlsaAnswer> PeerSecurity::find_tlsa(PeerAddress peer) {
  // RFC 7672 2.2.2: where a CNAME leads comes first, then the name itself.
  if (!peer.canonical.empty()) {
    auto expanded = co_await ask_tlsa(peer.canonical, peer.port);
    if (expanded.state != Records::absent) co_return expanded;
  }
  auto plain = co_await ask_tlsa(peer.host, peer.port);
  co_return plain;
}

asio::awaitable<PeerSecurity::TlsaAnswer> PeerSecurity::ask_tlsa(std::string base, std::uint16_t port) {
  TlsaAnswer found;
  Awaited<lookup::DnsAnswer> answer(parts_.loop);
  const std::string name = "_" + std::to_string(port) + "._tcp." + base;
  parts_.dns.ask(lookup::DnsType::tlsa, name, answer.callback());
  auto value = co_await answer.wait(tlsa_limit);
  if (!value || value->answer.is_unavailable()) {
    found.state = Records::unavailable;
    parts_.log.warning(Program::smtp, "DANE TLSA lookup problem: " + name + ": " +
                                          (value ? value->answer.detail : std::string("no answer in time")));
    co_return found;
  }
  if (!value->secure || !value->answer.is_found()) co_return found;
  for (std::string& record : value->answer.values)
    if (is_usable_tlsa(record)) found.usable.push_back(std::move(record));
  found.state = found.usable.empty() ? Records::unusable : Records::usable;
  found.base = std::move(base);
  co_return found;
}

std::shared_ptr<const ClientTls> PeerSecurity::load(const std::string& route, const std::string& entry,
                                                    const config::RouteTls& wishes) {
  const std::string key = route + '\n' + entry;
  const auto known = loaded_.find(key);
  if (known != loaded_.end()) return known->second;
  auto loaded = ClientTls::load(wishes);
  if (!loaded) {
    parts_.log.warning(Program::smtp, "route " + route + ": " + loaded.error());
    return nullptr;
  }
  if (loaded_.size() >= most_loaded) loaded_.clear();
  loaded_.emplace(key, *loaded);
  return *loaded;
}

}  // namespace gateway
