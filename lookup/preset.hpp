#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace lookup {

/// How one directory layout answers the questions of a gateway: filters with expansions (see expansion.hpp) and the
/// attributes that carry the answers. An empty filter or attribute means that the layout has none.
struct Preset {
  std::string name, title;

  struct Recipient {
    std::string filter;                   // who receives mail for %s
    std::vector<std::string> also_match;  // attributes that may hold %s as well (opt-in)
    std::string wildcard;                 // who receives for all of %d; asked only for an address without local part
    std::vector<std::string> addresses;   // attributes with the entry's addresses, the primary one's first
    std::string address_prefix;           // "smtp:": only values so marked count; "SMTP:" in capitals is the primary
    std::string home, uid, gid, user, mail_host;
    std::string quota;
    std::uint64_t quota_unit = 1;              // octets for each unit of a bare number
    std::vector<std::string> routing_address;  // attributes: deliver to these instead
    std::string keep_copy;                     // filter on the entry: deliver to the mailbox as well
    std::string forward_if;                    // filter on the entry: else routing_address is not looked at
    bool refuse_unrouted = false;  // an entry without mail_host and routing_address is no recipient (sendmail's choice)
  } recipient;

  enum class Nested : std::uint8_t { none, dn };
  struct Group {
    std::string filter;                         // which entry is the group %s
    std::vector<std::string> members;           // attributes with DNs
    std::vector<std::string> member_addresses;  // attributes with addresses
    std::string inverse;                        // filter for entries that name the group %s (memberOfGroup)
    std::vector<std::string> leaf;              // attributes of a member entry with its address, first with a value
    Nested nested = Nested::dn;
    int depth = 16;
    int limit = 20'000;  // members
  } group;

  enum class AuthMethod : std::uint8_t { bind, compare };
  struct Auth {
    AuthMethod method = AuthMethod::bind;
    std::string user_filter;
  } auth;

  struct Disabled {
    std::string filter;  // on the entry
    bool receive = false;
    bool authenticate = false;
  } disabled;

  std::string sender_owner;                   // a filter with %{login} and %s, or attributes of the login's entry
  std::vector<std::string> sender_delegates;  // attributes of the address's entry: DNs of others who may send as it
  int page_size = 0;
};

using PresetOverrides = std::vector<std::pair<std::string, std::string>>;

/// Reads a preset file and lays `overrides` over it ("recipient.filter", or "recipient" for its filter alone). The
/// error names the key and, for an unknown one, the nearest that exists. All filters are parsed.
tl::expected<Preset, std::string> parse_preset(std::string_view yaml, const PresetOverrides& overrides = {});

/// A shipped preset by name; the error lists the names.
tl::expected<Preset, std::string> find_preset(std::string_view name, const PresetOverrides& overrides = {});

}  // namespace lookup
