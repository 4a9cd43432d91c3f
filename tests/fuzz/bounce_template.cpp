// Files with the texts of reports, in any octets: they give templates that can be used, or an error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/delivery/bounce_template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = gateway::parse_bounce_templates({reinterpret_cast<const char*>(data), size});
  if (!read) {
    if (!read.error().starts_with("line ")) std::abort();
    return 0;
  }
  for (const auto* each : {&read->failure, &read->delay, &read->success}) {
    if (each->subject.find_first_of("\r\n") != std::string::npos || each->subject.empty()) std::abort();
    if (each->from.find_first_of("\r\n") != std::string::npos || each->from.empty()) std::abort();
    const gateway::config::Config config;
    if (gateway::expand_bounce_body(*each, config).size() > 20 * size + 4096) std::abort();
  }
  return 0;
}
