#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/entry.hpp"

namespace lookup {

/// An RFC 4515 search filter as a tree. Values are unescaped octets.
struct Filter {
  enum class Kind : std::uint8_t {
    all_of,      // (&...), true when it has no parts (RFC 4526)
    any_of,      // (|...), false when it has no parts
    none_of,     // (!...)
    equal,       // (a=v), (a~=v) and extensible matches without a known rule
    present,     // (a=*)
    substrings,  // (a=i*m*f): pieces[0] is the start, back() the end, both possibly empty
    at_least,    // (a>=v)
    at_most,     // (a<=v)
    all_bits,    // (a:1.2.840.113556.1.4.803:=n)
    any_bits,    // (a:1.2.840.113556.1.4.804:=n)
  };

  Kind kind = Kind::all_of;
  std::string attribute;
  std::string value;
  std::vector<std::string> pieces;
  std::vector<Filter> parts;
};

struct FilterFault {
  std::size_t offset = 0;  // octets from the start of the filter
  std::string text;
};

/// Reads a filter. Refuses nesting beyond 64 levels, trailing text and bad escapes.
tl::expected<Filter, FilterFault> parse_filter(std::string_view text);

/// Does the entry satisfy the filter? Values compare as mail attributes do: without case (ASCII), with leading and
/// trailing blanks ignored and inner blanks collapsed; >= and <= compare integers as numbers. An absent attribute
/// makes a test false (the three-valued logic of X.511 matters only below "!": there it is false as well).
bool matches(const Filter& filter, const EntryView& entry);

/// Adds the attributes that the filter reads, without duplicates.
void collect_attributes(const Filter& filter, std::vector<std::string>& names);

/// The form in which two equal attribute values are the same octets: lower case, blanks trimmed and collapsed.
std::string folded_value(std::string_view value);

/// As folded_value(), into a string whose storage is used again.
void fold_value(std::string_view value, std::string& folded);

}  // namespace lookup
