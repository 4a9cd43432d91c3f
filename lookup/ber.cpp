#include "lookup/ber.hpp"

namespace lookup::ber {

bool take(std::string_view& octets, Element& element) {
  if (octets.size() < 2) return false;
  element.tag = static_cast<unsigned char>(octets[0]);
  std::size_t length = static_cast<unsigned char>(octets[1]);
  octets.remove_prefix(2);
  if (length > 0x7f) {
    const auto more = length & 0x7f;
    if (more == 0 || more > 4 || octets.size() < more) return false;
    length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | static_cast<unsigned char>(octets[i]);
    octets.remove_prefix(more);
  }
  if (octets.size() < length) return false;
  element.content = octets.substr(0, length);
  octets.remove_prefix(length);
  return true;
}

bool take_integer(std::string_view& octets, std::int64_t& number) {
  Element element;
  if (!take(octets, element) || element.tag != integer || element.content.empty() || element.content.size() > 8)
    return false;
  auto value = static_cast<std::uint64_t>((element.content[0] & 0x80) != 0 ? -1 : 0);
  for (const char octet : element.content) value = value << 8 | static_cast<unsigned char>(octet);
  number = static_cast<std::int64_t>(value);
  return true;
}

void append(std::string& out, unsigned char tag, std::string_view content) {
  out += static_cast<char>(tag);
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    out += static_cast<char>(0x84);
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(content.size() >> shift & 0xff);
  }
  out += content;
}

void append_integer(std::string& out, std::int32_t number) {
  std::string content;
  // X.690 8.3.2: as few octets as keep the sign.
  for (std::int32_t rest = number;; rest >>= 8) {
    content.insert(content.begin(), static_cast<char>(rest & 0xff));
    if ((rest >> 7) == 0 || (rest >> 7) == -1) break;
  }
  append(out, integer, content);
}

}  // namespace lookup::ber
