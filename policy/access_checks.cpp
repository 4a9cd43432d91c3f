#include <fmt/core.h>

#include "policy/access_keys.hpp"
#include "policy/evaluation.hpp"
#include "policy/policy_request.hpp"
#include "policy/rule_parser.hpp"

// What tables and policy services say, and what is done about it.

namespace policy {

namespace {

KeyStyle style_of(const RuleTexts& settings) {
  return {settings.recipient_delimiter, settings.parent_domains_match_subdomains};
}

/// The text of an answer: several values are one list, as Postfix hands them to its callers.
class AnswerText {
 public:
  explicit AnswerText(const lookup::Answer& answer) : joined_(answer.values.size() > 1 ? answer.joined() : "") {
    text_ = answer.values.size() == 1 ? std::string_view(answer.values.front()) : std::string_view(joined_);
  }
  AnswerText(const AnswerText&) = delete;
  AnswerText& operator=(const AnswerText&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::string joined_;
  std::string_view text_;
};

}  // namespace

std::span<const std::string> Evaluation::client_name_keys() {
  if (!client_name_keys_) client_name_keys_ = domain_keys(facts_.client_name, style_of(settings_));
  return *client_name_keys_;
}

std::span<const std::string> Evaluation::client_address_keys() {
  if (!client_address_keys_) client_address_keys_ = network_keys(facts_.client_address);
  return *client_address_keys_;
}

std::span<const std::string> Evaluation::sender_keys() {
  if (!sender_keys_) {
    sender_keys_ = facts_.sender.is_null() ? std::vector<std::string>{settings_.null_sender_key}
                                           : address_keys(facts_.sender, style_of(settings_));
  }
  return *sender_keys_;
}

std::span<const std::string> Evaluation::recipient_keys() {
  if (!recipient_keys_) recipient_keys_ = address_keys(facts_.recipient, style_of(settings_));
  return *recipient_keys_;
}

Evaluation::Outcome Evaluation::check_table(const Restriction& item, std::span<const std::string> keys, Object object,
                                            int depth, bool& is_found) {
  is_found = false;
  if (keys.empty()) return Outcome::dunno;
  if (item.whole_key) keys = keys.first(1);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto* answer = ask(Ask::table, item.argument, keys[i]);
    if (!answer) {
      // The later keys are likely needed too: one wait instead of one for each.
      for (const auto& key : keys.subspan(i + 1)) ask(Ask::table, item.argument, key);
      return Outcome::dunno;
    }
    if (answer->is_absent()) continue;
    is_found = true;
    if (answer->is_unavailable()) return refuse_lookup(object);
    const AnswerText text(*answer);
    return act(parse_access_action(text.text()), object, depth, Reason::access_table);
  }
  return Outcome::dunno;
}

Evaluation::Outcome Evaluation::check_keys(const Restriction& item, std::span<const std::string> keys, Object object,
                                           int depth) {
  bool is_found = false;
  return check_table(item, keys, object, depth, is_found);
}

Evaluation::Outcome Evaluation::check_two(const Restriction& item, std::span<const std::string> first,
                                          std::span<const std::string> second, Object object, int depth) {
  bool is_found = false;
  const auto outcome = check_table(item, first, object, depth, is_found);
  // DUNNO for the name ends the search of this table, also for the address.
  if (is_found || outcome != Outcome::dunno) return outcome;
  return check_table(item, second, object, depth, is_found);
}

Evaluation::Outcome Evaluation::check_client(const Restriction& item, int depth) {
  return check_two(item, client_name_keys(), client_address_keys(), Object::client, depth);
}

Evaluation::Outcome Evaluation::check_sender(const Restriction& item, int depth) {
  if (!facts_.has_sender) return Outcome::dunno;
  return check_keys(item, sender_keys(), Object::sender, depth);
}

Evaluation::Outcome Evaluation::check_recipient(const Restriction& item, int depth) {
  if (!has_recipient_) return Outcome::dunno;
  const auto outcome = check_keys(item, recipient_keys(), Object::recipient, depth);
  // A route chosen by the sender is too suspicious to be waved through.
  if (outcome == Outcome::permit && facts_.recipient_is_routed && !is_discarded_) return Outcome::dunno;
  return outcome;
}

Evaluation::Outcome Evaluation::check_certificate(const Restriction& item, int depth) {
  std::vector<std::string> keys;
  for (const auto key : item.certificate_keys) {
    const auto& fingerprint =
        key == CertificateKey::cert_fingerprint ? facts_.client_cert_fingerprint : facts_.client_pubkey_fingerprint;
    if (!fingerprint.empty()) keys.push_back(lookup::ascii_lower(fingerprint));
  }
  return check_two(item, std::span(keys).first(keys.empty() ? 0 : 1), std::span(keys).subspan(keys.empty() ? 0 : 1),
                   Object::certificate, depth);
}

Evaluation::Outcome Evaluation::permit_tls_clientcerts() {
  for (const auto& table : settings_.relay_clientcerts) {
    for (const auto* fingerprint : {&facts_.client_cert_fingerprint, &facts_.client_pubkey_fingerprint}) {
      if (fingerprint->empty()) continue;
      const auto* answer = ask(Ask::table, table, lookup::ascii_lower(*fingerprint));
      if (!answer) return Outcome::dunno;
      if (answer->is_unavailable())
        return defer_if_reject("4.3.0", Reason::lookup_failed,
                               fmt::format("<{}>: Temporary lookup failure", name_of(Object::client, facts_)));
      if (answer->is_found()) return Outcome::permit;
    }
  }
  return Outcome::dunno;
}

Evaluation::Outcome Evaluation::check_stage_access(const Restriction& item, Object object, int depth) {
  const auto style = style_of(settings_);
  switch (item.verb) {
    case Verb::check_helo_access:
      return check_keys(item, domain_keys(facts_.helo, style), Object::helo, depth);
    case Verb::check_etrn_access:
      return check_keys(item, domain_keys(facts_.etrn_domain, style), Object::etrn, depth);
    case Verb::check_reverse_client_hostname_access:
      return check_keys(item, domain_keys(facts_.reverse_client_name, style), Object::reverse_client, depth);
    case Verb::check_sasl_access: {
      if (facts_.login.empty()) return Outcome::dunno;
      const std::string key = lookup::ascii_lower(facts_.login);
      return check_keys(item, std::span(&key, 1), Object::login, depth);
    }
    default:
      break;
  }
  // A bare type:table: what the list itself speaks of.
  switch (list_) {
    case Stage::client:
      return check_client(item, depth);
    case Stage::helo:
      return check_keys(item, domain_keys(facts_.helo, style), Object::helo, depth);
    case Stage::sender:
      return check_sender(item, depth);
    case Stage::relay:
    case Stage::recipient:
      return check_recipient(item, depth);
    case Stage::etrn:
      return check_keys(item, domain_keys(facts_.etrn_domain, style), Object::etrn, depth);
    case Stage::data:
    case Stage::end_of_data:
      break;
  }
  return refuse_configuration(object);
}

Evaluation::Outcome Evaluation::check_policy_service(const Restriction& item, Object object, int depth) {
  const auto& service = rules_.policy_service(item.index);
  const auto request = policy_request(stage_, facts_, service.context);
  const auto* answer = ask(Ask::policy_service, service.server, request);
  if (!answer) return Outcome::dunno;
  const bool is_usable = answer->is_found() && !answer->values.empty();
  const auto action = parse_access_action(is_usable ? answer->values.front() : service.default_action);
  return act(action, object, depth, Reason::policy);
}

bool Evaluation::may_touch_message(std::string_view action) {
  // Before MAIL there is no message that could be held, filtered or discarded.
  if (facts_.has_sender) return true;
  log("warn", fmt::format("{}: action {} is skipped before MAIL", item_, action));
  return false;
}

Evaluation::Outcome Evaluation::act(const AccessAction& action, Object object, int depth, Reason reason) {
  using Kind = AccessAction::Kind;
  const auto or_else = [&](std::string_view fallback) { return action.text.empty() ? fallback : action.text; };
  const auto told = [&](std::string_view what) {
    return fmt::format("<{}>: {} {}", name_of(object, facts_), class_of(object), what);
  };
  switch (action.kind) {
    case Kind::permit:
      return Outcome::permit;
    case Kind::dunno:
      return Outcome::dunno;
    case Kind::refuse:
      return refuse_object(action.code, fit_dsn(action.dsn, object), reason, object, or_else("Access denied"));
    case Kind::reject:
      return refuse_object(settings_.codes.access_map_reject, fit_dsn(action.dsn, object), reason, object,
                           or_else("Access denied"));
    case Kind::defer:
      return refuse_object(settings_.codes.access_map_defer, fit_dsn(action.dsn, object), reason, object,
                           or_else("Access denied"));
    case Kind::defer_if_permit:
      return defer_if_permit(fit_dsn(action.dsn, object), reason, rejected(object, or_else("Service unavailable")));
    case Kind::defer_if_reject:
      return defer_if_reject(fit_dsn(action.dsn, object), reason, rejected(object, or_else("Service unavailable")));
    case Kind::info:
      log("info", action.text);
      return Outcome::dunno;
    case Kind::warn:
      log("warn", action.text);
      return Outcome::dunno;
    case Kind::hangup:
      return refuse(421, "4.7.0", reason, rejected(object, "Closing connection"));
    case Kind::empty:
      log("warn", fmt::format("{}: empty answer of a table means OK", item_));
      return Outcome::permit;
    case Kind::malformed:
      log("warn", fmt::format("{}: the action lacks what it needs and is ignored", item_));
      return Outcome::dunno;
    case Kind::restrictions:
      return run_answer(action.text, object, depth);
    case Kind::bcc:
      if (!may_touch_message("BCC")) return Outcome::dunno;
      log("bcc", told(fmt::format("triggers BCC {}", action.text)));
      effects_.bcc.emplace_back(action.text);
      return Outcome::dunno;
    case Kind::discard:
      if (!may_touch_message("DISCARD")) return Outcome::dunno;
      effects_.discard = true;
      effects_.discard_reason = told(or_else("triggers DISCARD action"));
      log("discard", effects_.discard_reason);
      is_discarded_ = true;
      return Outcome::permit;
    case Kind::filter:
      if (!may_touch_message("FILTER")) return Outcome::dunno;
      log("filter", told(fmt::format("triggers FILTER {}", action.text)));
      effects_.filter = std::string(action.text);
      return Outcome::dunno;
    case Kind::hold:
      if (!may_touch_message("HOLD")) return Outcome::dunno;
      effects_.hold = true;
      effects_.hold_reason = told(or_else("triggers HOLD action"));
      log("hold", effects_.hold_reason);
      return Outcome::dunno;
    case Kind::prepend:
      // Trace headers are on their way to the spool when the data ends.
      if (stage_ == Stage::end_of_data) {
        log("warn", fmt::format("{}: action PREPEND is skipped at the end of data", item_));
        return Outcome::dunno;
      }
      if (!may_touch_message("PREPEND")) return Outcome::dunno;
      effects_.prepend.emplace_back(action.text);
      return Outcome::dunno;
    case Kind::redirect:
      if (!may_touch_message("REDIRECT")) return Outcome::dunno;
      log("redirect", told(fmt::format("triggers REDIRECT {}", action.text)));
      effects_.redirect = std::string(action.text);
      return Outcome::dunno;
  }
  return Outcome::dunno;
}

Evaluation::Outcome Evaluation::run_answer(std::string_view text, Object object, int depth) {
  // The usual answer is the name of one class: no parsing.
  if (const auto* chain = rules_.restriction_class(text)) return run_chain(*chain, object, depth + 1);
  const auto chain = RuleParser::parse_answer(rules_, text);
  if (!chain) return refuse_configuration(object);
  // Verdicts copy what they need from items, so this chain may end here; the outer item is named meanwhile.
  return run_chain(*chain, object, depth + 1);
}

}  // namespace policy
