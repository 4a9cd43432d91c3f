#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lookup/cidr_table.hpp"
#include "lookup/keyed_table.hpp"
#include "lookup/map_reference.hpp"
#include "lookup/pattern_table.hpp"
#include "lookup/table_text.hpp"

// Every reader of table text, on the same octets: each refuses with a problem or gives a table that can be asked.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  lookup::TableText lines(text);
  lookup::TableLine line;
  int last = 0;
  while (lines.next(line)) {
    if (line.number <= last || line.text.empty()) std::abort();
    last = line.number;
  }
  const lookup::TableResult results[] = {lookup::read_keyed_table(text, "file"), lookup::read_cidr_table(text, "cidr"),
                                         lookup::read_pattern_table(lookup::PatternSyntax::pcre, text, "pcre"),
                                         lookup::read_pattern_table(lookup::PatternSyntax::regexp, text, "regexp")};
  for (const auto& result : results) {
    if (!result && result.error().empty()) std::abort();
    if (!result) continue;
    for (const std::string_view key : {text.substr(0, 64), std::string_view("192.0.2.1"), std::string_view()}) {
      if (!result->table->find_now(key)) std::abort();
    }
  }
  const auto reference = lookup::parse_map_reference(text);
  if (reference && lookup::parse_map_reference(reference->to_string()) != reference) std::abort();
  lookup::parse_inline_entries(text);
  return 0;
}
