#include "lookup/replica_record.hpp"

#include <cstdint>

namespace lookup {

namespace {

void append_number(std::string& octets, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) octets += static_cast<char>(number >> shift & 0xff);
}

bool take_number(std::string_view& octets, std::uint32_t& number) {
  if (octets.size() < 4) return false;
  number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(octets[static_cast<std::size_t>(i)]);
  octets.remove_prefix(4);
  return true;
}

}  // namespace

void append_text(std::string& octets, std::string_view text) {
  append_number(octets, text.size());
  octets += text;
}

bool take_text(std::string_view& octets, std::string_view& text) {
  std::uint32_t size = 0;
  if (!take_number(octets, size) || octets.size() < size) return false;
  text = octets.substr(0, size);
  octets.remove_prefix(size);
  return true;
}

std::string encode_entry(const Entry& entry) {
  std::string octets;
  append_text(octets, entry.name);
  for (const auto& attribute : entry.attributes) {
    if (same_name(without_options(attribute.name), "userPassword")) continue;
    append_text(octets, attribute.name);
    append_number(octets, attribute.values.size());
    for (const auto& value : attribute.values) append_text(octets, value);
  }
  return octets;
}

bool decode_entry(std::string_view octets, Entry& entry) {
  std::string_view text;
  if (!take_text(octets, text)) return false;
  entry.name = text;
  std::size_t used = 0;
  while (!octets.empty()) {
    std::uint32_t count = 0;
    // Each value needs four octets at least: a damaged count cannot ask for memory that is not there.
    if (!take_text(octets, text) || !take_number(octets, count) || count > octets.size() / 4) return false;
    if (used == entry.attributes.size()) entry.attributes.emplace_back();
    auto& attribute = entry.attributes[used++];
    attribute.name = text;
    attribute.values.resize(count);
    for (auto& value : attribute.values) {
      if (!take_text(octets, text)) return false;
      value = text;
    }
  }
  entry.attributes.resize(used);
  return true;
}

}  // namespace lookup
