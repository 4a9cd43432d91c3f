#include "lookup/replica_read.hpp"

#include <fmt/core.h>
#include <ldap.h>

#include "lookup/ldap_message.hpp"

namespace lookup {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto page_limit = std::chrono::seconds(60);  // without any message; a page may need a scan

LdapFault stopped() {
  return {Unavailable::unreachable, "stopped"};
}

}  // namespace

LdapControl page_control(ldap* session, int size, const std::string& cookie) {
  LdapControl control{LDAP_CONTROL_PAGEDRESULTS, {}, false};
  berval octets{cookie.size(), const_cast<char*>(cookie.data())}, value{};
  if (ldap_create_page_control_value(session, size, cookie.empty() ? nullptr : &octets, &value) == LDAP_SUCCESS)
    control.value.assign(value.bv_val, value.bv_len);
  ber_memfree(value.bv_val);
  return control;
}

void run_search(LdapAlarm& alarm, ldap* session, const SearchRequest& request, const LdapControl& control,
                SearchResult& result, std::string& cookie, LdapMessage* last) {
  const auto fail = [&](LdapFault fault) {
    result.reason = fault.reason;
    result.detail = std::move(fault.detail);
  };
  const auto number = start_search(session, request, control);
  if (!number) return fail(number.error());
  const auto limit = request.timeout.count() > 0 ? request.timeout : std::chrono::milliseconds(page_limit);
  auto deadline = Clock::now() + limit;
  for (;;) {
    auto message = next_message(session);
    if (!message) return fail(message.error());
    if (!*message) {
      if (alarm.is_stopped()) return fail(stopped());
      if (Clock::now() > deadline)
        return fail({Unavailable::timed_out, fmt::format("no answer within {} ms", limit.count())});
      alarm.wait(socket_of(session), deadline);
      continue;
    }
    deadline = Clock::now() + limit;
    if (ldap_msgtype(message->get()) == LDAP_RES_SEARCH_ENTRY)
      result.entries.push_back(read_ldap_entry(session, message->get()));
    if (ldap_msgtype(message->get()) != LDAP_RES_SEARCH_RESULT) continue;
    SearchResult end;
    read_ldap_message(session, message->get(), end, cookie);
    result.no_such_object = end.no_such_object;
    if (end.is_unavailable()) fail({end.reason, std::move(end.detail)});
    if (last != nullptr) *last = std::move(*message);
    return;
  }
}

void complete_ranges(LdapAlarm& alarm, ldap* session, SearchResult& result) {
  for (auto cut = take_range(result, 0); cut && !result.is_unavailable(); cut = take_range(result, cut->entry)) {
    SearchRequest request;
    request.base = result.entries[cut->entry].name;
    request.scope = Scope::base;
    request.filter = "(objectClass=*)";
    const std::vector<std::string> names{fmt::format("{};range={}-*", cut->attribute, cut->next)};
    request.attributes = std::make_shared<const std::vector<std::string>>(names);
    SearchResult slice;
    std::string none;
    run_search(alarm, session, request, {}, slice, none);
    if (!slice.is_unavailable() && (slice.entries.size() != 1 || slice.entries[0].attributes.empty())) {
      slice.reason = Unavailable::malformed;
      slice.detail = request.base + ": a slice of " + cut->attribute + " is missing";
    }
    if (slice.is_unavailable()) {
      result.reason = slice.reason;
      result.detail = std::move(slice.detail);
      return;
    }
    for (auto& attribute : slice.entries[0].attributes)
      result.entries[cut->entry].attributes.push_back(std::move(attribute));
  }
}

}  // namespace lookup
