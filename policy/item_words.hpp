#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace policy {

/// Splits a restriction text at blanks and commas; what stands in braces stays one word ("inline:{a=OK, b=REJECT}").
/// The views point into `text`. Fails with a sentence when braces do not match.
[[nodiscard]] tl::expected<std::vector<std::string_view>, std::string> split_words(std::string_view text);

/// The words inside a "{ ... }" word; a single word gives itself.
[[nodiscard]] tl::expected<std::vector<std::string_view>, std::string> split_braced(std::string_view word);

/// "name = value" around the first '=', blanks trimmed; an outer pair of braces is taken off first. `has_value` is
/// false when there is no '='.
struct Setting {
  std::string_view name, value;
  bool has_value = false;
};
Setting parse_setting(std::string_view word);

std::string_view trim(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace policy
