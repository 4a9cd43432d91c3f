// What a server or a file says of a replica: sync messages and stored entries.
#include <cstdint>
#include <cstdlib>

#include "lookup/dirsync_message.hpp"
#include "lookup/replica_record.hpp"
#include "lookup/sync_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  (void)lookup::parse_sync_state(octets);
  (void)lookup::parse_sync_info(octets);
  (void)lookup::parse_dirsync_response(octets);
  lookup::Entry entry, again;
  if (lookup::decode_entry(octets, entry)) {
    const auto written = lookup::encode_entry(entry);
    if (!lookup::decode_entry(written, again) || lookup::encode_entry(again) != written) std::abort();
  }
  return 0;
}
