#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace lookup {

/// Which letters an expression was written with: pcre_table(5) or regexp_table(5).
enum class PatternSyntax : std::uint8_t { pcre, regexp };

/// Where the groups of an expression matched, by number; views into the subject, empty when a group took no part.
struct Groups {
  static constexpr std::size_t most = 100;
  std::array<std::string_view, most> text{};
};

/// One compiled expression. Immutable and shared by all threads. Work is limited: an expression that backtracks
/// without end says so instead of hanging. Matches case-insensitively unless the flag i says otherwise, as Postfix.
class Pattern {
 public:
  /// `flags` are the letters behind the closing delimiter; each toggles: i m s x (pcre also A E U X). The error is a
  /// sentence for the user.
  static tl::expected<Pattern, std::string> compile(PatternSyntax syntax, std::string_view expression,
                                                    std::string_view flags);

  enum class Outcome : std::uint8_t { no_match, match, limit };

  /// Fills `groups` on a match when it is not null.
  Outcome match(std::string_view subject, Groups* groups) const;

  /// How many groups the expression has, without the whole match.
  std::uint32_t group_count() const { return group_count_; }

 private:
  Pattern() = default;

  std::shared_ptr<const void> code_;
  std::uint32_t group_count_ = 0;
};

}  // namespace lookup
