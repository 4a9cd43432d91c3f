#include <ldap.h>

#include "lookup/ldap_message.hpp"
#include "lookup/replica_feed.hpp"
#include "lookup/replica_record.hpp"
#include "lookup/sync_message.hpp"

namespace lookup {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto silence = std::chrono::seconds(60);     // of a refresh: nothing at all was sent
constexpr auto probe_each = std::chrono::seconds(10);  // a connection that looks idle may be dead
constexpr auto probe_limit = std::chrono::seconds(10);

/// One synchronisation: a refresh, then the changes as they come.
class Following {
 public:
  Following(ReplicaWork& work, std::string server, ldap* session)
      : work_(work), server_(std::move(server)), session_(session) {}

  LdapFault run() {
    // A cookie belongs to the server that gave it.
    whole_ = work_.whole || work_.keeper.server() != server_ || work_.keeper.cookie().empty();
    cookie_ = whole_ ? std::string() : work_.keeper.cookie();
    work_.keeper.content().begin_refresh();
    const auto search = start_search(session_, work_.search, {sync_request_oid, sync_request(cookie_), true});
    if (!search) return search.error();
    search_ = *search;
    heard_ = begun_ = Clock::now();
    while (!work_.alarm.is_stopped()) {
      if (!take_messages()) return fault_;
      if (!refreshing_) work_.serve();
      if (!refreshing_ && (work_.whole || Clock::now() - begun_ > work_.options.refresh_after)) {
        work_.whole = true;
        return {Unavailable::none, "a whole refresh"};
      }
      if (!look_after()) return fault_;
      work_.alarm.wait(socket_of(session_), next_look());
    }
    return {Unavailable::none, "stopped"};
  }

 private:
  bool fail(Unavailable reason, std::string detail) {
    fault_ = {reason, std::move(detail)};
    return false;
  }

  bool take_messages() {
    for (;;) {
      auto message = next_message(session_);
      if (!message) return fail(message.error().reason, message.error().detail);
      if (!*message) return true;
      heard_ = Clock::now();
      if (!take(message->get())) return false;
      // A stream of changes that never pauses must not keep them from being published.
      if (!refreshing_ && changed_ && heard_ >= due()) publish();
    }
  }

  bool take(ldapmsg* message) {
    if (ldap_msgid(message) == probe_) {
      if (ldap_msgtype(message) == LDAP_RES_SEARCH_RESULT) {
        probe_ = -1;
        if (!refreshing_) work_.keeper.touch(cookie_);
      }
      return true;
    }
    if (ldap_msgid(message) != search_) return true;
    switch (ldap_msgtype(message)) {
      case LDAP_RES_SEARCH_ENTRY:
        return take_entry(message);
      case LDAP_RES_INTERMEDIATE:
        return take_info(message);
      case LDAP_RES_SEARCH_RESULT:
        return take_end(message);
      default:
        return true;  // a reference
    }
  }

  bool take_entry(ldapmsg* message) {
    std::string value;
    if (!control_value(session_, message, sync_state_oid, value))
      return fail(Unavailable::misconfigured, "the server does not offer content synchronisation (RFC 4533)");
    const auto state = parse_sync_state(value);
    if (!state) return fail(Unavailable::malformed, "a sync state that cannot be read");
    auto& content = work_.keeper.content();
    switch (state->kind) {
      case SyncState::Kind::present:
        presence_ = true;
        content.mention(state->id);
        break;
      case SyncState::Kind::add:
      case SyncState::Kind::modify:
        content.put(state->id, encode_entry(read_ldap_entry(session_, message)));
        note_change();
        break;
      case SyncState::Kind::remove:
        content.remove(state->id);
        note_change();
        break;
    }
    if (state->cookie && !state->cookie->empty()) cookie_ = *state->cookie;
    return true;
  }

  bool take_info(ldapmsg* message) {
    char* oid = nullptr;
    berval* octets = nullptr;
    if (ldap_parse_intermediate(session_, message, &oid, &octets, nullptr, 0) != LDAP_SUCCESS)
      return fail(Unavailable::malformed, "an intermediate message that cannot be read");
    const bool ours = oid != nullptr && oid == sync_info_oid && octets != nullptr;
    auto info = ours ? parse_sync_info({octets->bv_val, octets->bv_len}) : std::nullopt;
    ldap_memfree(oid);
    ber_bvfree(octets);
    if (!ours) return true;
    if (!info) return fail(Unavailable::malformed, "a sync message that cannot be read");
    // Servers send a cookie with the end of the refresh, too: an idle directory may never send another.
    if (info->cookie && !info->cookie->empty()) cookie_ = *info->cookie;
    auto& content = work_.keeper.content();
    switch (info->kind) {
      case SyncInfo::Kind::new_cookie:
        break;
      case SyncInfo::Kind::id_set:
        for (const auto& id : info->ids) info->refresh_deletes ? content.remove(id) : content.mention(id);
        presence_ = presence_ || !info->refresh_deletes;
        if (!refreshing_) note_change();
        break;
      case SyncInfo::Kind::refresh_present:
        presence_ = true;
        end_phase(info->refresh_done);
        break;
      case SyncInfo::Kind::refresh_delete:
        end_phase(info->refresh_done);
        break;
    }
    return true;
  }

  // Who was not mentioned is gone only now: in the middle of a phase nobody can tell.
  void end_phase(bool refresh_done) {
    if (!refreshing_) return;
    if (presence_ || (whole_ && refresh_done)) work_.keeper.content().drop_unmentioned();
    presence_ = false;
    if (!refresh_done) return;
    refreshing_ = false;
    work_.whole = false;
    work_.keeper.settle(server_, cookie_);
    changed_ = false;
    // What a server says by leaving out is worth a second look before an operator is asked.
    if (work_.keeper.is_held() && !whole_) work_.whole = true;
    work_.settled();
  }

  bool take_end(ldapmsg* message) {
    int code = LDAP_OTHER;
    char* text = nullptr;
    ldap_parse_result(session_, message, &code, nullptr, &text, nullptr, nullptr, 0);
    auto fault = explain_ldap(code, text);
    ldap_memfree(text);
    // Too old a cookie, or one that the server does not understand: everything, then. One that is being stopped, or is
    // busy, will take it again.
    const bool passing = code == LDAP_UNAVAILABLE || code == LDAP_BUSY || code == LDAP_SUCCESS;
    if (code == sync_refresh_required || (refreshing_ && !cookie_.empty() && !passing)) work_.whole = true;
    if (code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION)
      fault.detail = "the server does not offer content synchronisation (RFC 4533); use mode: poll";
    if (fault.reason == Unavailable::none) fault.reason = Unavailable::unreachable;
    return fail(fault.reason, "the server ended the synchronisation: " + fault.detail);
  }

  void note_change() {
    last_change_ = Clock::now();
    if (!changed_) first_change_ = last_change_;
    changed_ = true;
  }

  // At once when idle; a burst is waited for, so that the brake sees a mass removal as a whole. A large directory takes
  // its time to be packed: a tenth of a core is enough for that.
  Clock::time_point due() const {
    const auto quiet = work_.options.quiet;
    return std::max(std::min(last_change_ + quiet / 4, first_change_ + 4 * quiet),
                    published_ + std::max(quiet, 10 * work_.keeper.last_build()));
  }

  void publish() {
    work_.keeper.settle(server_, cookie_);
    changed_ = false;
    published_ = Clock::now();
  }

  bool look_after() {
    const auto now = Clock::now();
    if (refreshing_) return now - heard_ < silence || fail(Unavailable::timed_out, "the refresh has stopped");
    if (changed_ && now >= due()) publish();
    if (probe_ >= 0) return now - probed_ < probe_limit || fail(Unavailable::timed_out, "the server is silent");
    if (now - std::max(probed_, begun_) < probe_each) return true;
    SearchRequest root;
    root.scope = Scope::base;
    root.filter = "(objectClass=*)";
    root.attributes = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"1.1"});
    const auto probe = start_search(session_, root, {});
    if (!probe) return fail(probe.error().reason, probe.error().detail);
    probe_ = *probe;
    probed_ = now;
    return true;
  }

  Clock::time_point next_look() const {
    if (refreshing_) return heard_ + silence;
    const auto probe = probe_ >= 0 ? probed_ + probe_limit : std::max(probed_, begun_) + probe_each;
    return changed_ ? std::min(due(), probe) : probe;
  }

  ReplicaWork& work_;
  std::string server_;
  ldap* session_;
  std::string cookie_;
  LdapFault fault_;
  bool whole_ = false, refreshing_ = true, presence_ = false, changed_ = false;
  int search_ = -1, probe_ = -1;
  Clock::time_point heard_, begun_, probed_, first_change_, last_change_, published_;
};

}  // namespace

LdapFault follow_directory(ReplicaWork& work, const std::string& server, ldap* session) {
  return Following(work, server, session).run();
}

}  // namespace lookup
