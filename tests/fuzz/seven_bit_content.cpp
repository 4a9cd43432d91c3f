// Messages in any octets and any pieces, converted for a server of seven bits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/delivery/seven_bit_content.hpp"

namespace {

std::string converted(std::string_view message, std::size_t piece, bool& has_eight_bit) {
  gateway::SevenBitContent content;
  for (std::size_t at = 0; at < message.size(); at += piece) content.look(message.substr(at, piece));
  content.end_look();
  has_eight_bit = content.has_eight_bit();
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += piece) content.convert(message.substr(at, piece), out);
  content.end_convert(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view message(reinterpret_cast<const char*>(data + 1), size - 1);
  bool whole_found = false, cut_found = false;
  const std::string whole = converted(message, message.size() + 1, whole_found);
  if (converted(message, 1 + data[0] % 17, cut_found) != whole || whole_found != cut_found) std::abort();
  if (!whole_found && whole != message) std::abort();  // nothing to do: not an octet changes
  if (whole.size() > 4 * message.size() + 400) std::abort();
  return 0;
}
