#pragma once

#include <string>
#include <string_view>

#include "lookup/entry.hpp"

namespace lookup {

/// One entry as octets, for the memory and the file of a replica: equal entries have equal octets. Passwords are left
/// out.
std::string encode_entry(const Entry& entry);

/// Reads what encode_entry() wrote into `entry`; false when the octets are damaged.
bool decode_entry(std::string_view octets, Entry& entry);

/// A text behind its length, and the way back; the latter is nullopt-like: false when the octets end too early.
void append_text(std::string& octets, std::string_view text);
bool take_text(std::string_view& octets, std::string_view& text);

}  // namespace lookup
