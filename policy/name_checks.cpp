#include <fmt/core.h>

#include <algorithm>

#include "policy/evaluation.hpp"
#include "policy/host_syntax.hpp"
#include "policy/item_words.hpp"

// Client names, helo names, senders and recipients.

namespace policy {

namespace {

/// RFC 7505: "0 ." says that a domain takes no mail.
bool is_null_mx(const lookup::Answer& mx) {
  return mx.is_found() && mx.values.size() == 1 &&
         (mx.values.front() == "." || std::string_view(mx.values.front()).ends_with(" ."));
}

bool is_final(DomainClass domain_class) {
  return domain_class == DomainClass::local || domain_class == DomainClass::virtual_alias ||
         domain_class == DomainClass::virtual_mailbox;
}

std::string_view table_of(DomainClass domain_class) {
  switch (domain_class) {
    case DomainClass::local:
      return "local recipient";
    case DomainClass::virtual_alias:
      return "virtual alias";
    case DomainClass::virtual_mailbox:
      return "virtual mailbox";
    case DomainClass::relay:
      return "relay recipient";
    case DomainClass::unserved:
      break;
  }
  return {};
}

/// Only these words reach the client; other details belong to the log.
bool is_table_word(std::string_view word) {
  return word == "local recipient" || word == "virtual alias" || word == "virtual mailbox" || word == "relay recipient";
}

int unknown_user_code(const Codes& codes, DomainClass domain_class) {
  switch (domain_class) {
    case DomainClass::local:
      return codes.unknown_local_recipient;
    case DomainClass::virtual_alias:
      return codes.unknown_virtual_alias;
    case DomainClass::virtual_mailbox:
      return codes.unknown_virtual_mailbox;
    case DomainClass::relay:
    case DomainClass::unserved:
      break;
  }
  return codes.unknown_relay_recipient;
}

bool owns(const lookup::Answer& owners, std::string_view login) {
  for (const auto& value : owners.values) {
    const auto logins = split_words(value);
    if (!logins) continue;
    for (const auto owner : *logins)
      if (equals_ignoring_case(owner, login)) return true;
  }
  return false;
}

}  // namespace

Evaluation::Outcome Evaluation::reject_unknown_client(bool is_unknown, std::string_view which) {
  if (!is_unknown) return Outcome::dunno;
  const int code = facts_.client_name_unavailable ? 450 : settings_.codes.unknown_client;
  return refuse(
      code, "4.7.25", Reason::client_name,
      fmt::format("Client host rejected: cannot find your {}, [{}]", which, facts_.client_address.to_string()));
}

Evaluation::Outcome Evaluation::reject_helo(Verb verb) {
  const auto& codes = settings_.codes;
  if (facts_.helo.empty()) return Outcome::dunno;
  if (facts_.helo.front() == '[') {
    if (is_valid_address_literal(facts_.helo)) return Outcome::dunno;
    return refuse_object(codes.invalid_hostname, "5.5.2", Reason::helo, Object::helo, "invalid ip address");
  }
  const auto name = without_final_dot(facts_.helo);
  switch (verb) {
    case Verb::reject_invalid_helo_hostname:
      if (is_valid_host_name(name) || is_valid_host_address(name)) return Outcome::dunno;
      return refuse_object(codes.invalid_hostname, "5.5.2", Reason::helo, Object::helo, "Invalid name");
    case Verb::reject_non_fqdn_helo_hostname:
      if (is_fully_qualified(name)) return Outcome::dunno;
      return refuse_object(codes.non_fqdn, "5.5.2", Reason::non_fqdn, Object::helo, "need fully-qualified hostname");
    default:
      return reject_unknown_helo();
  }
}

Evaluation::Outcome Evaluation::reject_unknown_helo() {
  const std::string name = lookup::ascii_lower(without_final_dot(facts_.helo));
  if (!is_valid_host_name(name))
    return refuse_object(settings_.codes.unknown_hostname, "4.7.1", Reason::helo, Object::helo, "Host not found");
  const lookup::Answer* answers[] = {ask(Ask::dns_a, "", name), ask(Ask::dns_aaaa, "", name),
                                     ask(Ask::dns_mx, "", name)};
  bool is_open = false;
  bool is_unavailable = false;
  for (const auto* answer : answers) {
    if (answer && answer->is_found()) return Outcome::dunno;
    is_open = is_open || !answer;
    is_unavailable = is_unavailable || (answer && answer->is_unavailable());
  }
  if (is_open) return Outcome::dunno;
  if (is_unavailable)
    return tempfail(settings_.unknown_helo_hostname_tempfail, "4.7.1", Reason::helo,
                    rejected(Object::helo, "Host not found"));
  return refuse_object(settings_.codes.unknown_hostname, "4.7.1", Reason::helo, Object::helo, "Host not found");
}

Evaluation::Outcome Evaluation::reject_unknown_domain(Object object) {
  const bool is_sender = object == Object::sender;
  if (is_sender ? !facts_.has_sender || facts_.sender.is_null() : !has_recipient_) return Outcome::dunno;
  const auto& address = is_sender ? facts_.sender : facts_.recipient;
  if (is_final(is_sender ? facts_.sender_class : facts_.recipient_class)) return Outcome::dunno;
  if (address.domain.empty() || address.domain.front() == '[') return Outcome::dunno;

  const auto reason = is_sender ? Reason::sender_domain : Reason::recipient_domain;
  const std::string_view dsn = is_sender ? "4.1.8" : "4.1.2";
  const std::string name = lookup::ascii_lower(without_final_dot(address.domain));
  if (!is_valid_host_name(name))
    return refuse_object(settings_.codes.unknown_address, dsn, reason, object, "Domain not found");
  const auto* mx = ask(Ask::dns_mx, "", name);
  if (mx && mx->is_found()) {
    if (!is_null_mx(*mx)) return Outcome::dunno;
    return refuse_object(is_sender ? 550 : 556, is_sender ? "5.7.27" : "5.1.10", reason, object,
                         fmt::format("Domain {} does not accept mail (nullMX)", address.domain));
  }
  const lookup::Answer* answers[] = {mx, ask(Ask::dns_a, "", name), ask(Ask::dns_aaaa, "", name)};
  bool is_open = false;
  bool is_unavailable = false;
  bool is_found = false;
  for (const auto* answer : answers) {
    is_found = is_found || (answer && answer->is_found());
    is_open = is_open || !answer;
    is_unavailable = is_unavailable || (answer && answer->is_unavailable());
  }
  // An address alone does not decide while the MX is open: it may be a null MX.
  if (is_open || is_found) return Outcome::dunno;
  if (is_unavailable)
    return tempfail(settings_.unknown_address_tempfail, dsn, reason, rejected(object, "Domain not found"));
  return refuse_object(settings_.codes.unknown_address, dsn, reason, object, "Domain not found");
}

Evaluation::Outcome Evaluation::reject_non_fqdn_address(Object object) {
  const bool is_sender = object == Object::sender;
  if (is_sender ? !facts_.has_sender || facts_.sender.is_null() : !has_recipient_) return Outcome::dunno;
  const auto& domain = is_sender ? facts_.sender.domain : facts_.recipient.domain;
  if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']') return Outcome::dunno;
  const bool was_unqualified = is_sender ? facts_.sender_was_unqualified : facts_.recipient_was_unqualified;
  if (!was_unqualified && is_fully_qualified(domain)) return Outcome::dunno;
  return refuse_object(settings_.codes.non_fqdn, "4.5.2", Reason::non_fqdn, object, "need fully-qualified address");
}

Evaluation::Outcome Evaluation::reject_unlisted(Object object) {
  const bool is_sender = object == Object::sender;
  if (is_sender ? !facts_.has_sender || facts_.sender.is_null() : !has_recipient_) return Outcome::dunno;
  const auto domain_class = is_sender ? facts_.sender_class : facts_.recipient_class;
  // Remembered so that the implicit check at the end of the list is not made twice.
  if (!warn_only_) (is_sender ? sender_was_checked_ : recipient_was_checked_) = true;
  if (domain_class == DomainClass::unserved) return Outcome::dunno;
  const auto& address = is_sender ? facts_.sender : facts_.recipient;
  const auto* answer = ask(is_sender ? Ask::sender_listed : Ask::recipient_listed, "", address.folded());
  if (!answer || answer->is_found()) return Outcome::dunno;
  if (answer->is_unavailable()) return refuse_lookup(object);
  if (!answer->values.empty() && !answer->values.front().empty())
    return refuse_object(550, fit_dsn("5.1.6", object), is_sender ? Reason::unknown_sender : Reason::unknown_recipient,
                         object, fmt::format("User has moved to {}", answer->values.front()));
  const auto table = is_table_word(answer->detail) ? std::string_view(answer->detail) : table_of(domain_class);
  const auto why = settings_.show_user_unknown_table_name ? fmt::format("User unknown in {} table", table)
                                                          : std::string("User unknown");
  return refuse_object(unknown_user_code(settings_.codes, domain_class), fit_dsn("5.1.1", object),
                       is_sender ? Reason::unknown_sender : Reason::unknown_recipient, object, why);
}

Evaluation::Outcome Evaluation::reject_unverified(Object object) {
  const bool is_sender = object == Object::sender;
  if (is_sender ? !facts_.has_sender || facts_.sender.is_null() : !has_recipient_) return Outcome::dunno;
  const auto& codes = settings_.codes;
  const int reject_code = is_sender ? codes.unverified_sender_reject : codes.unverified_recipient_reject;
  const int defer_code = is_sender ? codes.unverified_sender_defer : codes.unverified_recipient_defer;
  const auto& address = is_sender ? facts_.sender : facts_.recipient;
  const std::string_view dsn = is_sender ? "4.1.7" : "4.1.1";
  const auto* answer = ask(is_sender ? Ask::verify_sender : Ask::verify_recipient, "", address.folded());
  if (!answer || answer->is_found()) return Outcome::dunno;
  if (answer->is_unavailable()) {
    // What went wrong inside stays inside.
    if (defer_code / 100 == 2) return Outcome::dunno;
    return tempfail(is_sender ? settings_.unverified_sender_tempfail : settings_.unverified_recipient_tempfail, dsn,
                    Reason::unverified, rejected(object, "unverified address: Address verification in progress"),
                    defer_code);
  }
  if (reject_code / 100 == 2) return Outcome::dunno;
  const auto& reason =
      is_sender ? settings_.unverified_sender_reject_reason : settings_.unverified_recipient_reject_reason;
  const auto detail = std::string_view(reason.empty() ? answer->detail : reason).substr(0, 250);
  return refuse_object(
      reject_code, dsn, Reason::unverified, object,
      detail.empty() ? std::string("undeliverable address") : fmt::format("undeliverable address: {}", detail));
}

Evaluation::Outcome Evaluation::reject_login_mismatch(Verb verb) {
  if (!facts_.has_sender || facts_.sender.is_null()) return Outcome::dunno;
  const bool is_logged_in = !facts_.login.empty();
  const bool applies = is_logged_in ? verb != Verb::reject_unauthenticated_sender_login_mismatch
                                    : verb != Verb::reject_authenticated_sender_login_mismatch &&
                                          verb != Verb::reject_known_sender_login_mismatch;
  if (!applies) return Outcome::dunno;
  const auto* answer = ask(Ask::sender_login, "", facts_.sender.folded());
  if (!answer) return Outcome::dunno;
  if (answer->is_unavailable()) return refuse_lookup(Object::sender);
  if (!is_logged_in) {
    if (!answer->is_found()) return Outcome::dunno;
    return refuse_object(553, "5.7.1", Reason::sender_mismatch, Object::sender, "not logged in");
  }
  if (answer->is_found() ? owns(*answer, facts_.login) : verb == Verb::reject_known_sender_login_mismatch)
    return Outcome::dunno;
  return refuse_object(553, "5.7.1", Reason::sender_mismatch, Object::sender,
                       fmt::format("not owned by user {}", facts_.login));
}

bool Evaluation::is_auth_destination() const {
  // Without a domain it is ours by definition; a route chosen by the sender is never.
  if (facts_.recipient.domain.empty()) return true;
  return !facts_.recipient_is_routed && facts_.recipient_class != DomainClass::unserved;
}

Evaluation::Outcome Evaluation::reject_unauth_destination(bool defer) {
  if (!has_recipient_ || is_auth_destination()) return Outcome::dunno;
  const int code = settings_.codes.relay_domains;
  auto text = fmt::format("<{}>: Relay access denied", facts_.recipient.to_string());
  if (!defer) return refuse(code, "5.7.1", Reason::relay_denied, std::move(text));
  return refuse(code / 100 == 5 ? code - 100 : code, "4.7.1", Reason::relay_denied, std::move(text));
}

Evaluation::Outcome Evaluation::check_greylist() {
  if (!has_recipient_ || !facts_.has_sender) return Outcome::dunno;
  // Large senders retry from a neighbour: the network stands for the client.
  auto network = facts_.client_address;
  const int prefix = network.is_v6 ? settings_.greylist_ipv6_prefix : settings_.greylist_ipv4_prefix;
  for (int i = 0; i < static_cast<int>(network.bytes.size()); ++i) {
    const int kept = std::clamp(prefix - i * 8, 0, 8);
    network.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  const auto triplet = fmt::format("{} {} {}", network.to_string(), facts_.sender.folded(), facts_.recipient.folded());
  const auto* answer = ask(Ask::greylist, "", triplet);
  // Greylisting is a convenience: without its memory mail passes.
  if (!answer || !answer->is_absent()) return Outcome::dunno;
  return defer_if_permit("4.2.0", Reason::greylist, rejected(Object::recipient, "Greylisted, try again later"));
}

}  // namespace policy
