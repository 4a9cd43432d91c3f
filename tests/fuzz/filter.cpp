// A filter from anywhere is parsed, or refused, and applied to an entry; reading must never fail otherwise.
#include "lookup/filter.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto filter = lookup::parse_filter(text);
  if (!filter) return filter.error().offset <= size ? 0 : (__builtin_trap(), 0);
  lookup::Entry entry;
  entry.name = "uid=a,dc=x";
  entry.add("mail", "a  B@x ");
  entry.add("cn", std::string(text));
  entry.add("userAccountControl", "514");
  lookup::matches(*filter, entry);
  std::vector<std::string> names;
  lookup::collect_attributes(*filter, names);
  return 0;
}
