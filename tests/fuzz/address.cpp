#include "lookup/address.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// What parses must print to something that parses to the same, and splitting must agree with parsing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = lookup::parse_address(text);
  if (address) {
    const std::string printed = address->to_string();
    if (lookup::parse_address(printed) != address) std::abort();
    if (lookup::split_address(printed) != *address) std::abort();
    if (lookup::parse_address(text, lookup::AllowUtf8::no).has_value() && address->folded().size() != printed.size()) {
      std::abort();
    }
  }
  if (lookup::split_address(text).local.size() > size) std::abort();
  return 0;
}
