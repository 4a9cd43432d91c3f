#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lookup/dns.hpp"

namespace gateway {

/// What an A record of a DNS list means: a listing, the operator's "you may not ask" (127.255.255.0/24), or something
/// that no list says (outside 127.0.0.0/8: a domain that was given up and is parked).
enum class ListWord : std::uint8_t { listing, refusal, nonsense };
ListWord list_word(std::string_view value);

/// What kind of names a list is asked for.
struct ListSubjects {
  bool addresses = false;
  bool names = false;
};

enum class ListState : std::uint8_t {
  good,
  no_test_entry,     // it answers, but does not list what RFC 5782 says every list has; may be a list of one's own
  silent,            // no answer at all
  refusing,          // answers with an error code, or with what no list says
  lists_everything,  // it lists what no list may
};

/// May the list be asked for the sake of mail?
constexpr bool is_usable(ListState state) {
  return state == ListState::good || state == ListState::no_test_entry;
}

struct ListCheck {
  ListState state = ListState::good;
  std::string detail;  // why, as the end of a sentence that starts with the list
};

/// Asks the test entries of RFC 5782: 127.0.0.1 must not be listed and 127.0.0.2 must (or their IPv6-mapped forms, for
/// lists of IPv6 alone); for lists of names INVALID and TEST. Calls `done` once, on the resolver's loop.
void check_list(lookup::Resolver& dns, const std::string& zone, ListSubjects subjects,
                std::function<void(ListCheck)> done);

/// What became of a list that is no more ("" for all others): lists that were shut down, some of which came to list
/// everybody.
std::string_view retired_list(std::string_view zone);

}  // namespace gateway
