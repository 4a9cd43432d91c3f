#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lookup/dns.hpp"

namespace lookup {

/// The rdata of one record, uncompressed, in the text form of DnsAnswer. nullopt when it is malformed.
std::optional<std::string> record_text(DnsType type, std::span<const std::uint8_t> rdata);

/// The number of a type on the wire (RFC 1035 3.2.2 and later).
int wire_number(DnsType type);

}  // namespace lookup
