#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The part of BER (X.690) that the values of LDAP controls are made of: definite lengths, tags of one octet.
namespace lookup::ber {

inline constexpr unsigned char boolean = 0x01, integer = 0x02, octet_string = 0x04, enumerated = 0x0a, sequence = 0x30,
                               set_of = 0x31;

struct Element {
  unsigned char tag = 0;
  std::string_view content;
};

/// Takes the next element off `octets`; false when they are damaged.
bool take(std::string_view& octets, Element& element);

/// Takes an INTEGER of at most eight octets; false when there is none.
bool take_integer(std::string_view& octets, std::int64_t& number);

void append(std::string& out, unsigned char tag, std::string_view content);
void append_integer(std::string& out, std::int32_t number);

}  // namespace lookup::ber
