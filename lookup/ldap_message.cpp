#include "lookup/ldap_message.hpp"

#include <ldap.h>

#include <charconv>

#include "lookup/ldap_session.hpp"

namespace lookup {

namespace {

void read_cookie(LDAP* session, LDAPControl** controls, std::string& cookie) {
  cookie.clear();
  auto* control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
  if (control == nullptr) return;
  ber_int_t estimate = 0;
  berval octets{};
  if (ldap_parse_pageresponse_control(session, control, &estimate, &octets) != LDAP_SUCCESS) return;
  cookie.assign(octets.bv_val, octets.bv_len);
  ber_memfree(octets.bv_val);
}

std::optional<std::uint32_t> range_end(std::string_view name) {
  const auto at = name.find(";range=");
  if (at == std::string_view::npos) return std::nullopt;
  const auto range = name.substr(at + 7);
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto last = range.substr(dash + 1);
  std::uint32_t end = 0;
  const auto [stop, fault] = std::from_chars(last.data(), last.data() + last.size(), end);
  if (fault != std::errc{}) return std::nullopt;  // "*": complete
  return end;
}

}  // namespace

Entry read_ldap_entry(ldap* session, ldapmsg* message) {
  Entry entry;
  BerElement* rest = nullptr;
  berval name{};
  if (ldap_get_dn_ber(session, message, &rest, &name) != LDAP_SUCCESS) return entry;
  entry.name.assign(name.bv_val, name.bv_len);
  for (;;) {
    berval attribute{};
    BerVarray values = nullptr;  // points into the message
    if (ldap_get_attribute_ber(session, message, rest, &attribute, &values) != LDAP_SUCCESS) break;
    if (attribute.bv_val == nullptr) break;
    auto& added = entry.attributes.emplace_back();
    added.name.assign(attribute.bv_val, attribute.bv_len);
    for (auto* value = values; value != nullptr && value->bv_val != nullptr; ++value) {
      added.values.emplace_back(value->bv_val, value->bv_len);
    }
    ber_memfree(values);
  }
  ber_free(rest, 0);
  return entry;
}

void read_ldap_message(ldap* session, ldapmsg* message, SearchResult& result, std::string& cookie) {
  int code = LDAP_OTHER;
  char* text = nullptr;
  LDAPControl** controls = nullptr;
  const int parsed = ldap_parse_result(session, message, &code, nullptr, &text, nullptr, &controls, 0);
  if (parsed != LDAP_SUCCESS) code = LDAP_DECODING_ERROR;
  read_cookie(session, controls, cookie);
  ldap_controls_free(controls);
  if (code != LDAP_SUCCESS) {
    auto fault = explain_ldap(code, text);
    result.reason = fault.reason;
    result.detail = std::move(fault.detail);
    result.no_such_object = code == LDAP_NO_SUCH_OBJECT;
    result.entries.clear();
  } else {
    for (auto* entry = ldap_first_entry(session, message); entry != nullptr; entry = ldap_next_entry(session, entry)) {
      result.entries.push_back(read_ldap_entry(session, entry));
    }
  }
  ldap_memfree(text);
}

std::optional<RangedAttribute> take_range(SearchResult& result, std::size_t from) {
  for (auto at = from; at < result.entries.size(); ++at) {
    auto& entry = result.entries[at];
    for (std::size_t i = 0; i < entry.attributes.size(); ++i) {
      const auto name = entry.attributes[i].name;
      if (name.find(";range=") == std::string::npos) continue;
      const std::string plain(without_options(name));
      const auto end = range_end(name);
      auto slice = std::move(entry.attributes[i].values);
      entry.attributes.erase(entry.attributes.begin() + static_cast<std::ptrdiff_t>(i));
      for (auto& value : slice) entry.add(plain, std::move(value));
      if (end) return RangedAttribute{at, plain, *end + 1};
      --i;  // the next attribute has moved here
    }
  }
  return std::nullopt;
}

}  // namespace lookup
