#pragma once

#include <string>
#include <string_view>

#include "lookup/open_table.hpp"
#include "lookup/pattern.hpp"

namespace lookup {

/// pcre_table(5) and regexp_table(5): "/expression/flags result" in order, first match wins; "!/expression/" matches
/// what does not; if /expression/ ... endif may be nested. In a result $1 ${1} $(1) stand for a group, $$ for a
/// dollar. An expression that reaches its limit makes the answer unavailable: what comes after it proves nothing.
TableResult read_pattern_table(PatternSyntax syntax, std::string_view text, std::string name,
                               const std::string& file = {});

}  // namespace lookup
