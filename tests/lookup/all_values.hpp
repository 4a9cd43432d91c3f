#pragma once

#include <string_view>
#include <vector>

#include "lookup/entry.hpp"

namespace lookup_test {

/// The values of an attribute in a form that compares and prints.
inline std::vector<std::string_view> all_values(const lookup::EntryView& entry, std::string_view attribute) {
  const auto values = entry.values(attribute);
  return {values.begin(), values.end()};
}

}  // namespace lookup_test
