// A server's description of its attributes.
#include <cstdint>
#include <cstdlib>

#include "lookup/attribute_type.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto type = lookup::parse_attribute_type({reinterpret_cast<const char*>(data), size});
  if (type && type->names.empty()) std::abort();
  return 0;
}
