#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lookup/searcher.hpp"

struct ldap;
struct ldapmsg;

namespace lookup {

/// An attribute of which the server gave only a slice: "member;range=0-1499" (Active Directory's MaxValRange).
struct RangedAttribute {
  std::size_t entry = 0;   // index in the result
  std::string attribute;   // "member"
  std::uint32_t next = 0;  // the first value that is missing
};

/// The entry that a search brought.
Entry read_ldap_entry(ldap* session, ldapmsg* message);

/// What the messages of one search say. Adds the entries to `result`, or sets its reason. `cookie` is set while there
/// are more pages.
void read_ldap_message(ldap* session, ldapmsg* message, SearchResult& result, std::string& cookie);

/// The first attribute at or after entry `from` that was cut to a slice; the slice's values then stand under the plain
/// name.
std::optional<RangedAttribute> take_range(SearchResult& result, std::size_t from);

}  // namespace lookup
