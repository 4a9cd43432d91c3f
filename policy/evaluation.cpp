#include "policy/evaluation.hpp"

#include <algorithm>

#include "policy/rule_parser.hpp"

namespace policy {

namespace {

/// A table may answer with a class whose table answers with a class: this deep at most.
constexpr int deepest_recursion = 50;

/// Questions that change the world or cost much are asked only when their answer is certainly needed.
bool is_free(Ask ask) {
  switch (ask) {
    case Ask::policy_service:
    case Ask::verify_recipient:
    case Ask::verify_sender:
    case Ask::rate:
    case Ask::greylist:
      return false;
    default:
      return true;
  }
}

}  // namespace

Evaluation::Evaluation(const RuleSet& rules, Stage stage, const Facts& facts, const Answers& answers, Trace* trace)
    : rules_(rules),
      settings_(rules.settings()),
      stage_(stage),
      facts_(facts),
      answers_(answers),
      trace_(trace),
      // DATA and end of data speak of a recipient only when there is a single one.
      has_recipient_(facts.has_recipient &&
                     !((stage == Stage::data || stage == Stage::end_of_data) && facts.recipient_count > 1)),
      list_(stage) {}

Judgement Evaluation::judge() {
  const auto steps_before = trace_ ? trace_->size() : 0;
  const bool is_last_early = stage_ == Stage::recipient || stage_ == Stage::etrn;
  const bool is_early = stage_ == Stage::client || stage_ == Stage::helo || stage_ == Stage::sender;
  auto outcome = Outcome::dunno;
  const auto run = [&](Stage list) {
    if (outcome != Outcome::refuse && !is_discarded_) outcome = run_stage(list);
  };
  if (needs_relay_denial()) {
    item_ = "relay";
    outcome = refuse_configuration(Object::recipient);
  } else if (settings_.delay_reject && is_early) {
    return Verdict{};
  } else if (settings_.delay_reject && is_last_early) {
    run(Stage::client);
    run(Stage::helo);
    if (stage_ == Stage::recipient) run(Stage::sender);
  } else if (stage_ == Stage::recipient) {
    // Without delay_reject the early lists have been judged, but a deferral they reserved comes due here.
    mode_ = Mode::recall;
    for (const auto list : {Stage::client, Stage::helo, Stage::sender}) run_stage(list);
    mode_ = Mode::decide;
    verdict_ = {};
    effects_ = {};
    defer_if_reject_ = {};
    is_discarded_ = false;
    recipient_was_checked_ = false;
  }
  if (stage_ == Stage::recipient) run(Stage::relay);
  run(stage_);
  if (stage_ == Stage::recipient && outcome != Outcome::refuse) outcome = finish_recipient();
  if (is_blocked_) {
    if (trace_) trace_->resize(steps_before);
    return std::move(open_);
  }
  return final_verdict(outcome);
}

std::vector<Question> Evaluation::foresee() {
  mode_ = Mode::foresee_early;
  is_blocked_ = true;
  run_stage(Stage::client);
  run_stage(Stage::helo);
  mode_ = Mode::foresee_late;
  for (const auto list : {Stage::sender, Stage::relay, Stage::recipient}) run_stage(list);
  return std::move(open_);
}

Verdict Evaluation::final_verdict(Outcome outcome) {
  if (outcome != Outcome::refuse && defer_if_permit_.is_active && !is_discarded_ && stage_ != Stage::client &&
      stage_ != Stage::helo && stage_ != Stage::sender) {
    const auto& deferral = defer_if_permit_;
    verdict_.action = deferral.code == 421 ? Verdict::Action::disconnect : Verdict::Action::refuse;
    verdict_.code = deferral.code;
    verdict_.dsn = deferral.dsn;
    verdict_.text = deferral.text;
    verdict_.reason = deferral.reason;
    verdict_.item = deferral.item;
  }
  verdict_.effects = std::move(effects_);
  return std::move(verdict_);
}

Evaluation::Outcome Evaluation::finish_recipient() {
  if (is_discarded_ || !settings_.reject_unlisted_recipient || recipient_was_checked_) return Outcome::dunno;
  list_ = Stage::recipient;
  static const Restriction implicit = [] {
    Restriction restriction;
    restriction.verb = Verb::reject_unlisted_recipient;
    restriction.text = "reject_unlisted_recipient (implicit)";
    return restriction;
  }();
  return run_restriction(implicit, Object::recipient, 0);
}

Evaluation::Outcome Evaluation::run_stage(Stage list) {
  list_ = list;
  warn_only_ = false;
  defer_if_reject_.is_active = false;  // reaches to the end of its own list
  const auto outcome = run_chain(rules_.chain(list), object_of(list), 0);
  if (list != Stage::sender || outcome == Outcome::refuse || is_discarded_ || !settings_.reject_unlisted_sender ||
      sender_was_checked_)
    return outcome;
  static const Restriction implicit = [] {
    Restriction restriction;
    restriction.verb = Verb::reject_unlisted_sender;
    restriction.text = "reject_unlisted_sender (implicit)";
    return restriction;
  }();
  return run_restriction(implicit, Object::sender, 0);
}

Evaluation::Outcome Evaluation::run_chain(const Chain& chain, Object object, int depth) {
  if (depth > deepest_recursion) return refuse_configuration(object);
  auto outcome = Outcome::dunno;
  auto item = chain.begin();
  while (item != chain.end() && outcome == Outcome::dunno && !is_discarded_) {
    outcome = run_restriction(*item++, object, depth);
    // With both active the result is a deferral, whatever follows.
    if (defer_if_permit_.is_active && defer_if_reject_.is_active && !is_blocked_) break;
  }
  if (trace_ && mode_ == Mode::decide)
    for (; item != chain.end(); ++item) trace_->push_back({list_, item->text, {}, {}, "skipped: the list had ended"});
  return outcome;
}

Evaluation::Outcome Evaluation::run_restriction(const Restriction& item, Object object, int depth) {
  const auto outer_item = item_;
  const auto outer_warn = warn_only_;
  const auto outer_step = step_;
  item_ = item.text;
  warn_only_ = warn_only_ || item.warn_only;
  if (trace_ && mode_ == Mode::decide) {
    step_ = trace_->size();
    trace_->push_back({list_, item.text, {}, {}, {}});
  }
  const auto logged_before = effects_.log_lines.size();
  const auto outcome = apply(item, object, depth);
  if (trace_ && mode_ == Mode::decide) {
    auto& told = (*trace_)[step_].outcome;
    if (outcome == Outcome::permit) {
      told = is_discarded_ ? "discard" : "permit";
    } else if (outcome == Outcome::refuse) {
      told = (verdict_.code / 100 == 4 ? "defer " : "reject ") + std::to_string(verdict_.code) + " " + verdict_.dsn +
             " " + verdict_.text;
    } else if (effects_.log_lines.size() > logged_before) {
      told = "dunno; " + effects_.log_lines.back();
    } else {
      told = told.empty() ? "dunno" : "dunno; " + told;
    }
  }
  item_ = outer_item;
  warn_only_ = outer_warn;
  step_ = outer_step;
  return outcome;
}

const lookup::Answer* Evaluation::find(Ask ask, std::string_view where, std::string_view key) {
  const auto& known = answers_.all();
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto at = cursor_ + i < known.size() ? cursor_ + i : cursor_ + i - known.size();
    const auto& question = known[at].question;
    if (question.ask != ask || question.key != key || question.where != where) continue;
    cursor_ = at + 1 < known.size() ? at + 1 : 0;
    return &known[at].answer;
  }
  return nullptr;
}

bool Evaluation::may_collect(Ask ask) const {
  switch (mode_) {
    case Mode::decide:
      return !is_blocked_ || is_free(ask);
    case Mode::foresee_early:
      return is_free(ask);
    case Mode::foresee_late:
      return ask == Ask::dnsbl;
    case Mode::recall:
      break;
  }
  return false;
}

const lookup::Answer* Evaluation::ask(Ask ask, std::string_view where, std::string_view key) {
  const auto* answer = find(ask, where, key);
  if (trace_ && mode_ == Mode::decide && answer) {
    auto& step = (*trace_)[step_];
    step.asked.push_back({ask, std::string(where), std::string(key)});
    step.answers.push_back(*answer);
  }
  if (answer) return answer;
  if (may_collect(ask)) {
    const auto is_same = [&](const Question& open) {
      return open.ask == ask && open.key == key && open.where == where;
    };
    if (std::none_of(open_.begin(), open_.end(), is_same)) open_.push_back({ask, std::string(where), std::string(key)});
  }
  if (mode_ == Mode::decide) is_blocked_ = true;
  return nullptr;
}

Evaluation::Outcome Evaluation::apply(const Restriction& item, Object object, int depth) {
  const auto& codes = settings_.codes;
  switch (item.verb) {
    case Verb::permit:
      return Outcome::permit;
    case Verb::reject:
      return refuse_object(codes.reject, "5.7.1", Reason::restriction, object, "Access denied");
    case Verb::defer:
      return refuse_object(codes.defer, "4.3.2", Reason::restriction, object, "Try again later");
    case Verb::defer_if_permit:
      return defer_if_permit("4.7.0", Reason::restriction, rejected(object, "defer_if_permit requested"));
    case Verb::defer_if_reject:
      return defer_if_reject("4.7.0", Reason::restriction, rejected(object, "defer_if_reject requested"));
    case Verb::sleep:
      effects_.sleep_seconds += item.number;
      return Outcome::dunno;
    case Verb::check_policy_service:
      return check_policy_service(item, object, depth);
    case Verb::check_greylist:
      return check_greylist();
    case Verb::reject_multi_recipient_bounce:
      if (!facts_.has_sender || !facts_.sender.is_null() || facts_.recipient_count < 2) return Outcome::dunno;
      return refuse_object(codes.multi_recipient_bounce, "5.5.3", Reason::too_many, object, "Multi-recipient bounce");
    case Verb::reject_plaintext_session:
      if (!facts_.tls_protocol.empty()) return Outcome::dunno;
      return refuse(codes.plaintext_session, "4.7.1", Reason::tls_required, "Session encryption is required");
    case Verb::reject_unauth_pipelining:
      if (!facts_.pipelined_too_early) return Outcome::dunno;
      return refuse_object(503, "5.5.0", Reason::pipelining, object, "Improper use of SMTP command pipelining");
    case Verb::restriction_class:
      return run_chain(rules_.restriction_class(item.index), object, depth + 1);
    case Verb::stage_access:
      return check_stage_access(item, object, depth);

    case Verb::check_ccert_access:
      return check_certificate(item, depth);
    case Verb::check_client_access:
      return check_client(item, depth);
    case Verb::check_client_a_access:
    case Verb::check_client_mx_access:
    case Verb::check_client_ns_access:
    case Verb::check_reverse_client_hostname_a_access:
    case Verb::check_reverse_client_hostname_mx_access:
    case Verb::check_reverse_client_hostname_ns_access:
    case Verb::check_helo_a_access:
    case Verb::check_helo_mx_access:
    case Verb::check_helo_ns_access:
    case Verb::check_sender_a_access:
    case Verb::check_sender_mx_access:
    case Verb::check_sender_ns_access:
    case Verb::check_recipient_a_access:
    case Verb::check_recipient_mx_access:
    case Verb::check_recipient_ns_access:
      return check_server(item, depth);
    case Verb::check_reverse_client_hostname_access:
    case Verb::check_sasl_access:
    case Verb::check_helo_access:
    case Verb::check_etrn_access:
      return check_stage_access(item, object, depth);
    case Verb::permit_inet_interfaces: {
      const auto& own = settings_.own_addresses;
      const bool is_own = facts_.client_address.is_loopback() || facts_.client_address == facts_.server_address ||
                          std::find(own.begin(), own.end(), facts_.client_address) != own.end();
      return is_own ? Outcome::permit : Outcome::dunno;
    }
    case Verb::permit_mynetworks:
      return facts_.client_in_mynetworks ? Outcome::permit : Outcome::dunno;
    case Verb::permit_sasl_authenticated:
      return facts_.login.empty() ? Outcome::dunno : Outcome::permit;
    case Verb::permit_tls_all_clientcerts:
      return facts_.client_cert_trusted ? Outcome::permit : Outcome::dunno;
    case Verb::permit_tls_clientcerts:
      return permit_tls_clientcerts();
    case Verb::reject_rbl_client:
    case Verb::permit_dnswl_client:
      return check_client_list(item);
    case Verb::reject_rhsbl_client:
    case Verb::permit_rhswl_client:
      return check_name_list(item, Object::client);
    case Verb::reject_rhsbl_reverse_client:
      return check_name_list(item, Object::reverse_client);
    case Verb::reject_dnsbl_score:
      return check_score(item);
    case Verb::reject_unknown_client_hostname:
      return reject_unknown_client(facts_.client_name == "unknown", "hostname");
    case Verb::reject_unknown_reverse_client_hostname:
      return reject_unknown_client(facts_.reverse_client_name == "unknown", "reverse hostname");

    case Verb::reject_invalid_helo_hostname:
    case Verb::reject_non_fqdn_helo_hostname:
    case Verb::reject_unknown_helo_hostname:
      return reject_helo(item.verb);
    case Verb::reject_rhsbl_helo:
      return check_name_list(item, Object::helo);

    case Verb::check_sender_access:
      return check_sender(item, depth);
    case Verb::reject_authenticated_sender_login_mismatch:
    case Verb::reject_known_sender_login_mismatch:
    case Verb::reject_unauthenticated_sender_login_mismatch:
    case Verb::reject_sender_login_mismatch:
      return reject_login_mismatch(item.verb);
    case Verb::reject_non_fqdn_sender:
      return reject_non_fqdn_address(Object::sender);
    case Verb::reject_rhsbl_sender:
      return check_name_list(item, Object::sender);
    case Verb::reject_unknown_sender_domain:
      return reject_unknown_domain(Object::sender);
    case Verb::reject_unlisted_sender:
      return reject_unlisted(Object::sender);
    case Verb::reject_unverified_sender:
      return reject_unverified(Object::sender);

    case Verb::check_recipient_access:
      return check_recipient(item, depth);
    case Verb::permit_auth_destination:
      return has_recipient_ && is_auth_destination() ? Outcome::permit : Outcome::dunno;
    case Verb::permit_mx_backup:
      return permit_mx_backup();
    case Verb::reject_non_fqdn_recipient:
      return reject_non_fqdn_address(Object::recipient);
    case Verb::reject_rhsbl_recipient:
      return check_name_list(item, Object::recipient);
    case Verb::reject_unauth_destination:
      return reject_unauth_destination(false);
    case Verb::defer_unauth_destination:
      return reject_unauth_destination(true);
    case Verb::reject_unknown_recipient_domain:
      return reject_unknown_domain(Object::recipient);
    case Verb::reject_unlisted_recipient:
      return reject_unlisted(Object::recipient);
    case Verb::reject_unverified_recipient:
      return reject_unverified(Object::recipient);
  }
  return Outcome::dunno;
}

}  // namespace policy
