#include "gateway/resolve/header_addresses.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// A header section in which nothing is to be changed comes out octet by octet; one in which everything changes gets no
// new lines, and shows the new domain for each address that was asked about.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  using gateway::HeaderClass;
  const auto nothing = [](const lookup::Address&, HeaderClass) -> std::optional<lookup::Address> {
    return std::nullopt;
  };
  if (gateway::change_header(text, nothing) != text) std::abort();

  std::size_t changes = 0;
  const auto everything = [&](const lookup::Address& address, HeaderClass) -> std::optional<lookup::Address> {
    if (address.local.empty()) std::abort();
    ++changes;
    return lookup::Address{"x", "changed.example"};
  };
  const auto changed = gateway::change_header(text, everything);
  const auto lines = [](std::string_view of) { return std::count(of.begin(), of.end(), '\n'); };
  // A fold inside of an address goes with it.
  if (lines(changed) > lines(text)) std::abort();
  std::size_t seen = 0;
  for (auto at = changed.find("x@changed.example"); at != std::string::npos;
       at = changed.find("x@changed.example", at + 1))
    ++seen;
  if (seen < changes && text.find("changed.example") == std::string_view::npos) std::abort();
  return 0;
}
