#include "gateway/admin/http_request.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto parsed = gateway::parse_http(octets);
  // An endless request must not be waited for.
  if (parsed.progress == gateway::HttpProgress::incomplete && size > 3 * gateway::http_request_limit) std::abort();
  if (parsed.progress == gateway::HttpProgress::complete) {
    if (parsed.request.path.empty() || parsed.request.body.size() > gateway::http_request_limit) std::abort();
    (void)gateway::has_login(parsed.request, "user", "password");
    (void)parsed.request.form("ids");
  }
  return 0;
}
