#include <ldap.h>

#include "lookup/dirsync_message.hpp"
#include "lookup/distinguished_name.hpp"
#include "lookup/filter.hpp"
#include "lookup/replica_feed.hpp"
#include "lookup/replica_read.hpp"
#include "lookup/replica_record.hpp"

namespace lookup {

namespace {

using Clock = std::chrono::steady_clock;

// What the server adds to every entry, and we read here alone.
constexpr std::string_view identity = "objectGUID", deleted = "isDeleted";
constexpr std::string_view own_names[] = {identity, deleted, "instanceType", "name", "parentGUID"};

std::string_view first(const EntryView& entry, std::string_view attribute) {
  const auto values = entry.values(attribute);
  return values.empty() ? std::string_view() : values.front();
}

/// Samba puts identities before the DNs of some attributes here: "<GUID=...>;CN=Person,...".
void take_identities_off(std::string& value) {
  while (value.starts_with("<GUID=") || value.starts_with("<SID=")) {
    const auto end = value.find(">;");
    if (end == std::string::npos) return;
    value.erase(0, end + 2);
  }
}

void strip(Entry& entry) {
  std::erase_if(entry.attributes, [](const Attribute& attribute) {
    for (const auto name : own_names) {
      if (same_name(attribute.name, name)) return true;
    }
    return attribute.values.empty();
  });
  for (auto& attribute : entry.attributes) {
    for (auto& value : attribute.values) take_identities_off(value);
  }
}

/// Of an entry that is not followed, a container perhaps: has it another name now? Only one that is new brings its
/// class.
bool is_renamed(const EntryView& entry) {
  return !first(entry, "name").empty() && entry.values("objectClass").empty();
}

/// One reading of what has changed since a cookie.
class ChangeReading {
 public:
  ChangeReading(ReplicaWork& work, ldap* session, std::string cookie)
      : work_(work),
        session_(session),
        cookie_(std::move(cookie)),
        whole_(cookie_.empty()),
        telling_(*parse_filter(work.search.filter)),
        base_(normalised_dn(work.search.base)) {}

  LdapFault run() {
    auto fault = find_context();
    if (fault.reason != Unavailable::none) return fault;
    if (whole_) work_.keeper.content().begin_refresh();
    for (bool more = true; more;) {
      fault = read_batch(more);
      if (fault.reason != Unavailable::none) return fault;
    }
    if (whole_) work_.keeper.content().drop_unmentioned();
    if (whole_ || work_.told_of_deletions || Clock::now() < work_.compare_at) return fault;
    return drop_deleted();
  }

  const std::string& cookie() const { return cookie_; }

  /// Names below a container that was moved change without a word of the entries below; so do the members of groups
  /// when an entry has another name. Then only a whole reading tells.
  bool names_changed() const { return names_changed_; }

 private:
  // DirSync knows whole naming contexts only: what is not below the search base is left out here.
  LdapFault find_context() {
    std::string none;
    auto result = search("", Scope::base, {"namingContexts"}, {}, none);
    if (result.is_unavailable()) return {result.reason, std::move(result.detail)};
    context_ = work_.search.base;
    std::size_t longest = 0;
    for (const auto& entry : result.entries) {
      for (const auto value : entry.values("namingContexts")) {
        const auto normal = normalised_dn(value);
        if (!is_within(base_, normal) || normal.size() < longest) continue;
        longest = normal.size();
        context_ = value;
      }
    }
    return {Unavailable::none, {}};
  }

  SearchResult search(std::string base, Scope scope, std::vector<std::string> names, const LdapControl& control,
                      std::string& page) {
    SearchRequest request;
    request.base = std::move(base);
    request.scope = scope;
    request.filter = scope == Scope::base ? "(objectClass=*)" : work_.search.filter;
    request.attributes = std::make_shared<const std::vector<std::string>>(std::move(names));
    SearchResult result;
    run_search(work_.alarm, session_, request, control, result, page);
    return result;
  }

  /// Accounts without the right to see deleted objects are not told of deletions: lists who is there, and drops the
  /// others. A hundredth of the time at most is spent with it, and none once a deletion was told.
  LdapFault drop_deleted() {
    const auto begun = Clock::now();
    auto& content = work_.keeper.content();
    content.begin_refresh();
    std::string page;
    do {
      const auto control = page_control(session_, work_.search.page_size, page);
      const auto found = search(work_.search.base, Scope::sub, {std::string(identity)}, control, page);
      if (found.is_unavailable()) return {found.reason, found.detail};
      for (const auto& entry : found.entries) content.mention(std::string(first(entry, identity)));
    } while (!page.empty());
    content.drop_unmentioned();
    work_.compare_at = Clock::now() + 100 * (Clock::now() - begun);
    return {Unavailable::none, {}};
  }

  LdapFault read_batch(bool& more) {
    SearchRequest request;
    request.base = context_;
    request.filter = "(objectClass=*)";
    auto names = *work_.search.attributes;
    for (const auto name : own_names) names.emplace_back(name);
    request.attributes = std::make_shared<const std::vector<std::string>>(std::move(names));
    SearchResult batch;
    std::string none, value;
    LdapMessage last;
    run_search(work_.alarm, session_, request, {dirsync_oid, dirsync_request(cookie_), true}, batch, none, &last);
    if (batch.is_unavailable()) return refused(std::move(batch));
    complete_ranges(work_.alarm, session_, batch);
    if (batch.is_unavailable()) return {batch.reason, std::move(batch.detail)};
    const bool answered = control_value(session_, last.get(), dirsync_oid, value);
    const auto response = answered ? parse_dirsync_response(value) : std::nullopt;
    if (!response)
      return {Unavailable::misconfigured,
              "the server does not offer DirSync; use mode: poll, or syncrepl for OpenLDAP"};
    for (auto& entry : batch.entries) {
      auto fault = take(std::move(entry));
      if (fault.reason != Unavailable::none) return fault;
    }
    more = response->more && response->cookie != cookie_;
    cookie_ = response->cookie;
    return {Unavailable::none, {}};
  }

  LdapFault refused(SearchResult batch) {
    // A cookie that the server does not take any more: everything, then.
    if (!cookie_.empty() && batch.reason != Unavailable::timed_out) work_.whole = true;
    if (batch.detail.find("ritical") != std::string::npos)
      batch.detail += "; the server does not offer DirSync: use mode: poll, or syncrepl for OpenLDAP";
    return {batch.reason, std::move(batch.detail)};
  }

  LdapFault take(Entry entry) {
    const std::string id(first(entry, identity));
    if (id.empty()) return {Unavailable::malformed, entry.name + ": no objectGUID"};
    auto& content = work_.keeper.content();
    if (same_name(first(entry, deleted), "TRUE")) {
      work_.told_of_deletions = true;
      content.remove(id);
      return {Unavailable::none, {}};
    }
    if (!whole_) {
      const auto* known = content.find(id);
      names_changed_ = names_changed_ || (known != nullptr ? has_other_name(*known, entry) : is_renamed(entry));
      // A change brings what changed alone, and Samba does not say of an attribute that it is gone.
      if (known != nullptr || may_tell(entry)) {
        auto fault = read_whole(entry);
        if (fault.reason != Unavailable::none) return fault;
      }
    }
    strip(entry);
    if (may_tell(entry)) {
      content.put(id, encode_entry(entry));
    } else {
      content.remove(id);
    }
    return {Unavailable::none, {}};
  }

  bool may_tell(const Entry& entry) const {
    return is_within(normalised_dn(entry.name), base_) && matches(telling_, entry);
  }

  static bool has_other_name(const ReplicaContent::Record& known, const Entry& now) {
    Entry before;
    return decode_entry(known.octets, before) && normalised_dn(before.name) != normalised_dn(now.name);
  }

  LdapFault read_whole(Entry& entry) {
    std::string none;
    auto result = search(entry.name, Scope::base, *work_.search.attributes, {}, none);
    if (result.no_such_object) return {Unavailable::none, {}};  // gone since: the next reading will tell
    if (!result.is_unavailable()) complete_ranges(work_.alarm, session_, result);
    if (result.is_unavailable()) return {result.reason, std::move(result.detail)};
    if (result.entries.size() == 1) entry = std::move(result.entries.front());
    return {Unavailable::none, {}};
  }

  ReplicaWork& work_;
  ldap* session_;
  std::string cookie_;
  bool whole_, names_changed_ = false;
  Filter telling_;
  std::string base_, context_;
};

}  // namespace

LdapFault read_changes(ReplicaWork& work, const std::string& server, ldap* session) {
  auto& keeper = work.keeper;
  const bool is_due = Clock::now() - work.read_wholly > work.options.refresh_after;
  bool whole = work.whole || is_due || keeper.cookie().empty() || keeper.server() != server;
  for (;;) {
    ChangeReading reading(work, session, whole ? std::string() : keeper.cookie());
    auto fault = reading.run();
    if (fault.reason != Unavailable::none) return fault;
    if (reading.names_changed()) {
      whole = true;
      continue;
    }
    if (whole) work.read_wholly = Clock::now();
    work.whole = false;
    keeper.settle(server, reading.cookie());
    work.settled();
    return fault;
  }
}

}  // namespace lookup
