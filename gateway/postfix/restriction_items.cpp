#include "gateway/postfix/restriction_items.hpp"

#include "gateway/postfix/main_cf.hpp"
#include "lookup/address.hpp"

namespace gateway::postfix {

namespace {

bool takes_argument(std::string_view verb) {
  if (verb == "check_relay_domains" || verb == "check_recipient_maps") return false;
  return verb.starts_with("check_") || verb.starts_with("reject_rbl") || verb.starts_with("reject_rhsbl") ||
         verb == "permit_dnswl_client" || verb == "permit_rhswl_client" || verb == "sleep";
}

}  // namespace

std::string_view RestrictionItem::verb() const {
  const bool has_modifier = words.size() > 1 && lookup::ascii_lower(words.front()) == "warn_if_reject";
  return words[has_modifier ? 1 : 0];
}

std::string RestrictionItem::text() const {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::vector<RestrictionItem> restriction_items(std::string_view list) {
  std::vector<RestrictionItem> items;
  const auto words = words_of(list);
  for (std::size_t at = 0; at < words.size(); ++at) {
    RestrictionItem item{{words[at]}};
    while (lookup::ascii_lower(item.words.back()) == "warn_if_reject" && at + 1 < words.size())
      item.words.push_back(words[++at]);
    if (takes_argument(lookup::ascii_lower(item.words.back())) && at + 1 < words.size())
      item.words.push_back(words[++at]);
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace gateway::postfix
