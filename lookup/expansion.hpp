#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace lookup {

/// What the expansions of a filter or search base stand for, with the letters of ldap_table(5).
struct ExpansionKey {
  std::string_view whole;   // %s %S
  std::string_view local;   // %u %U: the whole key when it has no @
  std::string_view domain;  // %d %D, %1 (top level) to %9
  std::string_view login;   // %{login}
};

/// Splits "local@domain" at the last @.
ExpansionKey expansion_key(std::string_view whole, std::string_view login = {});

enum class Quoting { filter, dn, none };

/// Replaces %s %u %d %S %U %D %1..%9 %{login} and %%, each value quoted so that it cannot change what it is put into.
/// Nullopt when a value is missing (no domain, too few labels, an empty local part): the key is then simply not found,
/// without a question.
std::optional<std::string> expand(std::string_view text, const ExpansionKey& key, Quoting quoting);

/// Appends what expand() gives; false when a value is missing.
bool expand_into(std::string& out, std::string_view text, const ExpansionKey& key, Quoting quoting);

bool has_expansions(std::string_view text);

/// "" or what is wrong with the expansions of a text.
std::string expansion_fault(std::string_view text);

}  // namespace lookup
