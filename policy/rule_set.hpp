#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "policy/rule_texts.hpp"

namespace policy {

struct Restriction;
using Chain = std::vector<Restriction>;

/// A map reference that some restriction asks, exactly as it appears in Question::where.
struct TableUse {
  std::string table;
  bool whole_key = false;
  RulePlace place;
};

/// A DNS list that some restriction asks. `zone` is Question::where; `text` has the filter ("zen.example=127.0.0.2").
struct ZoneUse {
  std::string zone;
  std::string text;
  RulePlace place;
  bool of_names = false;  // asked for names (reject_rhsbl_...), not for addresses
};

/// A policy server that some restriction asks. `server` is Question::where ("inet:127.0.0.1:10023").
struct PolicyServiceUse {
  std::string server;
  std::chrono::seconds timeout{100};
  std::chrono::seconds retry_delay{1};
  int try_limit = 2;
  std::string default_action = "451 4.3.5 Server configuration problem";  // taken when the answer is unavailable
  std::string context;                                                    // policy_context of the request
  RulePlace place;
};

/// The parsed restrictions of one listener: immutable, shared by all sessions and threads.
class RuleSet {
 public:
  explicit RuleSet(RuleTexts texts);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  /// The settings the rules were parsed from (codes, flags, delimiter).
  const RuleTexts& settings() const { return texts_; }

  /// Each item of a stage as configured, one restriction a string, for display. Defaults are filled in.
  std::vector<std::string> items(Stage stage) const;

  std::vector<TableUse> tables() const;
  std::vector<ZoneUse> dnsbl_zones() const;
  std::vector<PolicyServiceUse> policy_services() const;

  /// The settings of the service asked as `server`, nullptr when no restriction names it. Lives as long as this.
  const PolicyServiceUse* policy_service(std::string_view server) const;

  /// Postfix's safety net: something in the relay or recipient list keeps strangers from relaying. When false, judge()
  /// answers every recipient with 451 4.3.5.
  bool denies_relay() const { return denies_relay_; }

  const Chain& chain(Stage stage) const { return chains_[static_cast<std::size_t>(stage)]; }

  /// The members of a restriction class, nullptr when there is no such class. Names ignore case.
  const Chain* restriction_class(std::string_view name) const;
  const Chain& restriction_class(std::size_t index) const { return classes_[index].chain; }
  const PolicyServiceUse& policy_service(std::size_t index) const { return policy_services_[index]; }

 private:
  friend class RuleParser;
  friend tl::expected<std::shared_ptr<const RuleSet>, std::vector<RuleProblem>> parse_rules(
      const RuleTexts& texts, std::vector<RuleProblem>& notices);

  struct RestrictionClass {
    std::string name;
    Chain chain;
  };

  std::optional<std::size_t> class_index(std::string_view name) const;
  bool denies_relay(const Chain& chain, int depth) const;

  RuleTexts texts_;
  std::array<Chain, 8> chains_;
  std::vector<RestrictionClass> classes_;
  std::vector<PolicyServiceUse> policy_services_;
  bool denies_relay_ = false;
};

/// Parses the restrictions of one listener. Old spellings, unreachable items and the like are added to `notices`; on
/// failure the result holds every error found. Total: any text gives a rule set or an explanation.
[[nodiscard]] tl::expected<std::shared_ptr<const RuleSet>, std::vector<RuleProblem>> parse_rules(
    const RuleTexts& texts, std::vector<RuleProblem>& notices);

}  // namespace policy
