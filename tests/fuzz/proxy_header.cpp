#include "gateway/net/proxy_header.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto header = gateway::parse_proxy_header(octets);
  if (header.status == gateway::ProxyHeader::Status::complete && (header.size == 0 || header.size > size)) std::abort();
  // An endless header must not be waited for.
  if (header.status == gateway::ProxyHeader::Status::incomplete && size > 600) std::abort();
  return 0;
}
