#include <cstdint>
#include <cstdlib>

#include "gateway/spool/envelope_codec.hpp"

// Any octets give an envelope or an error; what was read once is read the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string record(reinterpret_cast<const char*>(data), size);
  gateway::read_head(record);
  gateway::read_envelope({1}, record);
  // Behind a right checksum the input reaches the fields.
  if (const auto repaired = gateway::with_checksum(record)) {
    const auto envelope = gateway::decode_envelope({1}, *repaired);
    if (envelope) {
      const std::string again = gateway::encode_envelope(*envelope);
      const auto twice = gateway::decode_envelope({1}, again);
      if (!twice || gateway::encode_envelope(*twice) != again) std::abort();
    }
  }
  return 0;
}
