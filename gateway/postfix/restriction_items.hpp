#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway::postfix {

/// One restriction of a list as main.cf has it: "warn_if_reject check_client_access hash:/x" is one with all its words.
struct RestrictionItem {
  std::vector<std::string> words;

  /// The words without the modifier: what is asked.
  std::string_view verb() const;
  std::string text() const;
};

/// Cuts an expanded list into its restrictions.
std::vector<RestrictionItem> restriction_items(std::string_view list);

}  // namespace gateway::postfix
