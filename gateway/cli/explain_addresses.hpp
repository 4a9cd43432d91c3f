#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/dry_run.hpp"
#include "gateway/resolve/expansion.hpp"
#include "policy/facts.hpp"
#include "policy/verdict.hpp"

namespace gateway::cli {

/// What became of one envelope address on its way in.
struct RewrittenStep {
  lookup::Address given, address;
  std::vector<ResolutionStep> steps;
  std::optional<lookup::Answer> failure;  // of the map that could not be asked
};

/// What the daemon would do with a recipient after the restrictions have let it pass.
struct AddressExplanation {
  RewrittenStep sender, recipient;
  RecipientAnswer answer;
  std::vector<ResolutionStep> steps;
  std::optional<ExpansionResult> expansion;  // of a recipient that is taken
};

RewrittenStep explain_rewriting(DryRun& dry_run, const lookup::Address& given, Services::Role role);

/// Asks for the recipient of `facts` and, when it is there, for everybody that it stands for.
void explain_recipient(DryRun& dry_run, const policy::Facts& facts, AddressExplanation& explanation);

/// The refusal that a session adds to a verdict that permits: unknown, moved, full, closed to this sender, not known
/// now. nullopt: the recipient is taken.
std::optional<policy::Verdict> refusal_of(const AddressExplanation& explanation, const policy::Facts& facts,
                                          const config::Config& config);

/// "mailbox /home/vmail/lea/ (1000 octets left)" and the like, a line for each delivery.
std::vector<std::string> delivery_lines(const AddressExplanation& explanation);

/// The steps on standard output, and as JSON.
void print_steps(const std::string& title, const std::vector<ResolutionStep>& steps);
void print_rewriting(const std::string& what, const RewrittenStep& step);
nlohmann::json to_json(const std::vector<ResolutionStep>& steps);
nlohmann::json deliveries_json(const AddressExplanation& explanation);

std::string_view kind_text(const lookup::Answer& answer);

}  // namespace gateway::cli
