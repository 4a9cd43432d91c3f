#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/restriction.hpp"
#include "policy/rule_set.hpp"
#include "policy/verbs.hpp"

namespace policy {

/// Turns restriction texts into a RuleSet. Also reads the restrictions that a table answers with ("onlylocal",
/// "reject_unknown_client_hostname, permit"), which may not bring tables of their own.
class RuleParser {
 public:
  /// Reads all stages and classes of the rule set's texts into it.
  static void parse_all(RuleSet& rules, std::vector<RuleProblem>& problems);

  /// Reads the restrictions in one answer of a table; nullopt when one of them cannot stand there.
  static std::optional<Chain> parse_answer(const RuleSet& rules, std::string_view text);

 private:
  RuleParser(const RuleSet& rules, RuleSet* target, std::vector<RuleProblem>& problems)
      : rules_(rules), target_(target), problems_(problems) {}

  void parse_all();
  Chain parse_list(const RuleTexts::List& list, RulePlace place);
  /// Reads the item at words[at] and moves `at` behind it.
  void parse_item(const std::vector<std::string_view>& words, std::size_t& at, const RulePlace& place, Chain& chain);
  bool parse_argument(Argument kind, const std::vector<std::string_view>& words, std::size_t& at,
                      const RulePlace& place, Restriction& restriction);
  bool parse_table(std::string_view word, const RulePlace& place, Restriction& restriction);
  bool parse_certificate_table(std::string_view word, const RulePlace& place, Restriction& restriction);
  bool parse_zone(std::string_view word, const RulePlace& place, Restriction& restriction);
  bool parse_score(const std::vector<std::string_view>& words, std::size_t& at, const RulePlace& place,
                   Restriction& restriction);
  bool parse_server(std::string_view word, const RulePlace& place, Restriction& restriction);
  bool parse_service_setting(std::string_view word, const RulePlace& place, PolicyServiceUse& service);
  void note_unreachable(const Chain& chain, const std::vector<std::size_t>& indexes, RulePlace place);
  void reject_class_cycles();
  bool reaches_itself(std::size_t from, std::size_t wanted, std::vector<bool>& seen) const;
  void add(const RulePlace& place, Severity severity, std::string text);

  const RuleSet& rules_;
  RuleSet* target_;  // the same, while it grows; nullptr for the answer of a table, which brings nothing new
  std::vector<RuleProblem>& problems_;
  bool warn_pending_ = false;  // warn_if_reject was read, its restriction not yet
};

}  // namespace policy
