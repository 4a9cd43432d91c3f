#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/resolve/address_rules.hpp"
#include "gateway/resolve/resolution.hpp"
#include "gateway/smtp/services.hpp"

namespace gateway {

/// Whether alias maps and forwards are followed: not for an address that maps onto itself.
enum class FollowAliases : bool { no, yes };

struct RecipientSearch {
  RecipientAnswer answer;
  /// What an alias, group or forward expands to, when answer.expands. A delivery beside it of kind maildir is the copy
  /// that the mailbox keeps; one of kind relay is the server that all targets are handed to.
  std::vector<std::string> targets;
  /// Of a list that may have an owner (an entry of an alias file, a group): the name that owner- is put before.
  std::string list;
  bool is_group = false;  // of a directory, which bounds the number of members itself
  std::string extension;  // what the alias was found without
};

/// Says whether a recipient exists and how it is reached: virtual aliases, relocated, then the table of its domain
/// class (local, virtual_alias, virtual_mailbox, relay), then transport and routes. nullopt: pending.
///
/// Absent carries the table's name for the reply; a relocated recipient is absent with its new address as value. What
/// the directory says wrongly about an entry (no home, a path outside the base) is unavailable, never absent.
std::optional<RecipientSearch> search_recipient(Resolution& resolution, const AddressRules& rules,
                                                const lookup::Address& recipient, FollowAliases aliases);

/// The route for an address that is not delivered here: transport maps, the domain's route, the directory's mail host,
/// "default". nullopt: pending.
std::optional<Delivery> route_for(Resolution& resolution, const AddressRules& rules, const lookup::Address& recipient,
                                  const lookup::DirectoryEntry* entry);

}  // namespace gateway
