#include "lookup/distinguished_name.hpp"
#include "lookup/replica_feed.hpp"
#include "lookup/replica_read.hpp"
#include "lookup/replica_record.hpp"

namespace lookup {

LdapFault read_directory(ReplicaWork& work, const std::string& server, ldap* session) {
  std::vector<std::pair<std::string, std::string>> read;
  std::string cookie;
  do {
    SearchResult page;
    const auto control = page_control(session, work.search.page_size, cookie);
    run_search(work.alarm, session, work.search, control, page, cookie);
    if (!page.is_unavailable()) complete_ranges(work.alarm, session, page);
    if (page.is_unavailable()) return {page.reason, page.detail};
    for (const auto& entry : page.entries) read.emplace_back(normalised_dn(entry.name), encode_entry(entry));
  } while (!cookie.empty());
  auto& content = work.keeper.content();
  content.begin_refresh();
  for (auto& [dn, octets] : read) content.put(dn, std::move(octets));
  content.drop_unmentioned();
  work.whole = false;
  work.keeper.settle(server, "");
  work.settled();
  return {Unavailable::none, {}};
}

}  // namespace lookup
