#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/pattern.hpp"

namespace lookup {

/// The result of a pattern rule, cut at its $1 ${1} $(1) and $$ when the table is read.
class Substitution {
 public:
  /// `group_count` is what the expression has; other numbers are an error. The error is a sentence for the user.
  static tl::expected<Substitution, std::string> parse(std::string_view text, std::uint32_t group_count);

  std::string apply(const Groups& groups) const;

  /// No group is used: apply() gives the same text for every match.
  bool is_constant() const { return pieces_.empty(); }

 private:
  struct Piece {
    std::string before;
    std::size_t group = 0;
  };
  std::vector<Piece> pieces_;
  std::string rest_;
};

}  // namespace lookup
