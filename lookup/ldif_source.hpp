#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/entry.hpp"

namespace lookup {

/// A record that was left out, with the line (from 1) that is wrong.
struct LdifFault {
  std::size_t line = 0;
  std::string text;
};

/// Reads RFC 2849 content records (and "changetype: add") and hands each good one to `take`. A bad record is reported
/// and skipped to the next blank line; it disturbs no other. At most 1000 faults are kept, the rest only counted in the
/// last one.
std::vector<LdifFault> read_ldif(std::string_view text, const std::function<void(Entry&&)>& take);

/// read_ldif() for a file; the error is "PATH: reason" when it cannot be read.
tl::expected<std::vector<LdifFault>, std::string> read_ldif_file(const std::string& path,
                                                                 const std::function<void(Entry&&)>& take);

}  // namespace lookup
