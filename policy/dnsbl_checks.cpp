#include <fmt/core.h>

#include <algorithm>

#include "lookup/dns_name.hpp"
#include "policy/evaluation.hpp"
#include "policy/host_syntax.hpp"
#include "policy/rbl_reply.hpp"

// DNS lists of addresses and names. A list that does not answer says nothing: it never refuses, it never permits.

namespace policy {

namespace {

constexpr std::size_t longest_reason = 500;
constexpr std::size_t longest_name = 253;

}  // namespace

const std::string& Evaluation::reversed_client() {
  if (reversed_.empty()) reversed_ = lookup::reversed_labels(facts_.client_address) + ".";
  return reversed_;
}

std::optional<bool> Evaluation::is_listed(const Restriction& item, const ListedZone& zone, std::string_view query) {
  const auto* answer = ask(Ask::dnsbl, zone.zone, query);
  if (!answer) return std::nullopt;
  const bool would_permit = item.verb == Verb::permit_dnswl_client || item.verb == Verb::permit_rhswl_client;
  if (answer->is_unavailable() && would_permit)
    defer_if_reject("4.7.1", Reason::lookup_failed, rejected(Object::client, "Temporary lookup failure"));
  if (!answer->is_found()) return false;
  return std::any_of(answer->values.begin(), answer->values.end(),
                     [&](const std::string& address) { return zone.filter.matches(address); });
}

const std::string* Evaluation::rbl_template(const ListedZone& zone) {
  for (const auto& map : settings_.rbl_reply_maps)
    for (const auto* key : {&zone.text, &zone.zone}) {
      const auto* answer = ask(Ask::table, map, *key);
      if (!answer) return nullptr;
      // A text that cannot be had is no reason to let a listed client in.
      if (answer->is_found()) return &answer->values.front();
      if (zone.text == zone.zone) break;
    }
  const auto own = settings_.rbl_replies.find(zone.text);
  const auto general = own != settings_.rbl_replies.end() ? own : settings_.rbl_replies.find(zone.zone);
  return general != settings_.rbl_replies.end() ? &general->second : &settings_.default_rbl_reply;
}

Evaluation::Outcome Evaluation::refuse_listed(const ListedZone& zone, const std::string& query, Object object,
                                              std::string_view what) {
  const auto* const words = rbl_template(zone);
  if (words == nullptr) return Outcome::dunno;
  const std::string_view text = *words;
  std::string reason;
  if (shows_reason(text)) {
    const auto* answer = ask(Ask::dns_txt, "", query);
    if (!answer) return Outcome::dunno;
    for (const auto& value : answer->values) {
      if (!reason.empty()) reason += " / ";
      reason += value;
    }
    if (reason.size() > longest_reason) reason.resize(longest_reason);
  }
  RblReply reply;
  reply.code = settings_.codes.maps_rbl;
  reply.domain = zone.zone;
  reply.reason = reason;
  reply.what = what;
  reply.object = class_of(object);
  const auto expanded = expand_rbl_reply(text, reply, facts_);
  // A template may bring its own code and enhanced status code, as Postfix's do.
  const auto action = parse_access_action(expanded);
  if (action.kind == AccessAction::Kind::refuse)
    return refuse(action.code, fit_dsn(action.dsn, object), Reason::dnsbl, std::string(action.text));
  std::string_view rest = expanded;
  const auto dsn = take_dsn(rest);
  return refuse(reply.code, fit_dsn(dsn.empty() ? "5.7.1" : dsn, object), Reason::dnsbl,
                rest.empty() ? std::string("Service unavailable") : std::string(rest));
}

Evaluation::Outcome Evaluation::permit_listed() {
  // A list kept by others must not open the relay.
  if (has_recipient_ && !is_auth_destination()) return Outcome::dunno;
  return Outcome::permit;
}

Evaluation::Outcome Evaluation::check_client_list(const Restriction& item) {
  const auto& zone = item.zones.front();
  query_.assign(reversed_client()).append(zone.zone);
  const auto listed = is_listed(item, zone, query_);
  if (!listed || !*listed) return Outcome::dunno;
  if (item.verb == Verb::permit_dnswl_client) return permit_listed();
  return refuse_listed(zone, query_, Object::client, facts_.client_address.to_string());
}

Evaluation::Outcome Evaluation::check_name_list(const Restriction& item, Object object) {
  std::string_view name;
  switch (object) {
    case Object::client:
      name = facts_.client_name == "unknown" ? std::string_view{} : facts_.client_name;
      break;
    case Object::reverse_client:
      name = facts_.reverse_client_name == "unknown" ? std::string_view{} : facts_.reverse_client_name;
      break;
    case Object::helo:
      name = facts_.helo;
      break;
    case Object::sender:
      if (facts_.has_sender) name = facts_.sender.domain;
      break;
    default:
      if (has_recipient_) name = facts_.recipient.domain;
  }
  name = without_final_dot(name);
  // Lists of names know no addresses, neither bare nor in brackets.
  if (!is_valid_host_name(name)) return Outcome::dunno;
  const auto& zone = item.zones.front();
  query_ = lookup::ascii_lower(name);
  query_.append(".").append(zone.zone);
  if (query_.size() > longest_name) return Outcome::dunno;
  const auto listed = is_listed(item, zone, query_);
  if (!listed || !*listed) return Outcome::dunno;
  if (item.verb == Verb::permit_rhswl_client) return permit_listed();
  const bool is_address = object == Object::sender || object == Object::recipient;
  return refuse_listed(zone, query_, object, is_address ? name_of(object, facts_) : std::string(name));
}

Evaluation::Outcome Evaluation::check_score(const Restriction& item) {
  int score = 0;
  bool is_open = false;
  const ListedZone* heaviest = nullptr;
  for (const auto& zone : item.zones) {
    query_.assign(reversed_client()).append(zone.zone);
    const auto listed = is_listed(item, zone, query_);
    is_open = is_open || !listed;
    // A list of good clients that does not answer is counted in the client's favour: its silence must not refuse.
    const auto* answer = zone.weight < 0 ? find(Ask::dnsbl, zone.zone, query_) : nullptr;
    const bool is_excused = answer && answer->is_unavailable();
    if (!is_excused && (!listed || !*listed)) continue;
    score += zone.weight;
    if (zone.weight > 0 && (!heaviest || zone.weight > heaviest->weight)) heaviest = &zone;
  }
  if (is_open || score < item.number || !heaviest) return Outcome::dunno;
  query_.assign(reversed_client()).append(heaviest->zone);
  return refuse_listed(*heaviest, query_, Object::client, facts_.client_address.to_string());
}

}  // namespace policy
