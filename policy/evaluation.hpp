#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/access_action.hpp"
#include "policy/judge.hpp"
#include "policy/reply_object.hpp"
#include "policy/restriction.hpp"
#include "policy/rule_set.hpp"

namespace policy {

/// One run of the restriction lists over facts and answers; lives for one call of judge().
///
/// When an answer is missing the run goes on as if the item had said nothing, only to collect further questions; its
/// verdict is then void. Questions whose asking has a price (policy services, probes, greylisting) are collected only
/// when they are the first that is open.
class Evaluation {
 public:
  Evaluation(const RuleSet& rules, Stage stage, const Facts& facts, const Answers& answers, Trace* trace);

  Judgement judge();
  std::vector<Question> foresee();

 private:
  enum class Outcome : std::uint8_t { dunno, permit, refuse };
  enum class Mode : std::uint8_t { decide, foresee_early, foresee_late, recall };
  enum class ErrorClass : std::uint8_t { policy, software };  // the second is never turned into a warning

  /// A deferral that waits for the end of the list (defer_if_permit, defer_if_reject): the first one is kept.
  struct Deferral {
    bool is_active = false;
    int code = 450;
    std::string dsn, text, item;
    Reason reason = Reason::none;
  };

  // lists (evaluation.cpp)
  Outcome run_stage(Stage list);
  Outcome run_chain(const Chain& chain, Object object, int depth);
  Outcome run_restriction(const Restriction& item, Object object, int depth);
  Outcome apply(const Restriction& item, Object object, int depth);
  Outcome finish_recipient();
  Verdict final_verdict(Outcome outcome);
  bool needs_relay_denial() const { return stage_ == Stage::recipient && !rules_.denies_relay(); }

  // refusing (refusal.cpp)
  Outcome refuse(int code, std::string_view dsn, Reason reason, std::string text,
                 ErrorClass error_class = ErrorClass::policy);
  Outcome refuse_object(int code, std::string_view dsn, Reason reason, Object object, std::string_view why);
  Outcome refuse_lookup(Object object);
  Outcome refuse_configuration(Object object);
  Outcome defer_if_permit(std::string_view dsn, Reason reason, std::string text, int code = 450);
  Outcome defer_if_reject(std::string_view dsn, Reason reason, std::string text);
  Outcome tempfail(TempfailAction action, std::string_view dsn, Reason reason, std::string text, int code = 450);
  void log(std::string_view what, std::string_view text);
  std::string rejected(Object object, std::string_view why) const;

  // questions (evaluation.cpp)
  /// The answer, or nullptr (the question is then noted as open).
  const lookup::Answer* ask(Ask ask, std::string_view where, std::string_view key);
  const lookup::Answer* find(Ask ask, std::string_view where, std::string_view key);
  bool may_collect(Ask ask) const;

  // tables (access_checks.cpp)
  Outcome check_table(const Restriction& item, std::span<const std::string> keys, Object object, int depth,
                      bool& is_found);
  Outcome check_keys(const Restriction& item, std::span<const std::string> keys, Object object, int depth);
  Outcome check_two(const Restriction& item, std::span<const std::string> first, std::span<const std::string> second,
                    Object object, int depth);
  Outcome check_stage_access(const Restriction& item, Object object, int depth);
  Outcome check_client(const Restriction& item, int depth);
  Outcome check_sender(const Restriction& item, int depth);
  Outcome check_recipient(const Restriction& item, int depth);
  Outcome check_certificate(const Restriction& item, int depth);
  Outcome permit_tls_clientcerts();
  Outcome act(const AccessAction& action, Object object, int depth, Reason reason);
  Outcome run_answer(std::string_view text, Object object, int depth);
  bool may_touch_message(std::string_view action);
  Outcome check_policy_service(const Restriction& item, Object object, int depth);

  // servers behind a name (server_checks.cpp)
  Outcome check_addresses_of(const Restriction& item, std::string_view name, Object object, int depth);
  Outcome check_mail_servers(const Restriction& item, std::string_view name, Object object, int depth);
  Outcome check_name_servers(const Restriction& item, std::string_view name, Object object, int depth);
  Outcome check_servers(const Restriction& item, const std::vector<std::string>& hosts, Object object, int depth);
  Outcome forbid_permit(Outcome outcome, Object object);
  Outcome check_server(const Restriction& item, int depth);

  // names and addresses (name_checks.cpp)
  Outcome reject_unknown_client(bool is_unknown, std::string_view which);
  Outcome reject_helo(Verb verb);
  Outcome reject_unknown_helo();
  Outcome reject_unknown_domain(Object object);
  Outcome reject_non_fqdn_address(Object object);
  Outcome reject_unlisted(Object object);
  Outcome reject_unverified(Object object);
  Outcome reject_login_mismatch(Verb verb);
  Outcome reject_unauth_destination(bool defer);
  Outcome check_greylist();
  bool is_auth_destination() const;

  // mail exchangers (mx_backup.cpp)
  struct Addresses {
    std::vector<lookup::IpAddress> addresses;
    bool is_open = false, is_unavailable = false;  // not all answers came, or not all were answers
  };
  Addresses addresses_of(const std::string& host);
  Outcome permit_mx_backup();

  // DNS lists (dnsbl_checks.cpp)
  Outcome check_client_list(const Restriction& item);
  Outcome check_name_list(const Restriction& item, Object object);
  Outcome check_score(const Restriction& item);
  std::optional<bool> is_listed(const Restriction& item, const ListedZone& zone, std::string_view query);
  Outcome refuse_listed(const ListedZone& zone, const std::string& query, Object object, std::string_view what);
  /// The reply's template; nullptr while a map is being asked. Lives as long as the answers.
  const std::string* rbl_template(const ListedZone& zone);
  Outcome permit_listed();
  const std::string& reversed_client();

  // keys, made once (access_checks.cpp)
  std::span<const std::string> client_name_keys();
  std::span<const std::string> client_address_keys();
  std::span<const std::string> sender_keys();
  std::span<const std::string> recipient_keys();

  const RuleSet& rules_;
  const RuleTexts& settings_;
  const Stage stage_;
  const Facts& facts_;
  const Answers& answers_;
  Trace* trace_;

  Mode mode_ = Mode::decide;
  bool has_recipient_;
  bool is_blocked_ = false;  // an answer is missing: the verdict is void
  bool is_discarded_ = false;
  bool recipient_was_checked_ = false;
  bool sender_was_checked_ = false;
  bool warn_only_ = false;
  std::size_t cursor_ = 0;  // answers come in the order of the questions: search on from the last
  std::size_t step_ = 0;    // of the trace, the one that asks
  Stage list_;              // being run
  std::string_view item_;   // being run
  std::vector<Question> open_;
  Verdict verdict_;
  Effects effects_;
  Deferral defer_if_permit_, defer_if_reject_;
  std::string query_;     // scratch for DNS names
  std::string reversed_;  // client address for DNS lists
  std::optional<std::vector<std::string>> client_name_keys_, client_address_keys_, sender_keys_, recipient_keys_;
};

}  // namespace policy
