#pragma once

#include <cstdint>
#include <string_view>

#include "policy/restriction.hpp"

namespace policy {

/// What must follow a verb.
enum class Argument : std::uint8_t { none, table, certificate_table, zone, server, seconds, score };

struct VerbEntry {
  std::string_view name;
  Verb verb;
  Argument argument = Argument::none;
};

/// A spelling of older releases that still means a verb.
struct OldSpelling {
  std::string_view old_name, new_name;
};

/// A verb that no longer exists, with what to write instead.
struct RemovedVerb {
  std::string_view name, advice;
};

/// nullptr when there is no such verb. Names ignore case.
const VerbEntry* find_verb(std::string_view name);
const OldSpelling* find_old_spelling(std::string_view name);
const RemovedVerb* find_removed_verb(std::string_view name);

/// The known name with the fewest differing letters, "" when none is near.
std::string_view nearest_verb(std::string_view name);

}  // namespace policy
