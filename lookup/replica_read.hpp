#pragma once

#include <string>

#include "lookup/ldap_wait.hpp"
#include "lookup/searcher.hpp"

namespace lookup {

// Searches of a replica's thread. They wait for each message as long as the request says, or a
// minute, and no longer once the alarm stops.

/// Asks for a page of a search; an empty cookie for the first one.
LdapControl page_control(ldap* session, int size, const std::string& cookie);

/// Runs one search to its end. Entries are added to the result; `cookie` is set while there are more pages; `last` gets
/// the message that ended the search.
void run_search(LdapAlarm& alarm, ldap* session, const SearchRequest& request, const LdapControl& control,
                SearchResult& result, std::string& cookie, LdapMessage* last = nullptr);

/// Reads the rest of attributes of which the server gave only a slice.
void complete_ranges(LdapAlarm& alarm, ldap* session, SearchResult& result);

}  // namespace lookup
