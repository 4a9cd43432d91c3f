// Lines of mail logs, into which strangers have written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/cli/reject_line.hpp"
#include "gateway/cli/reject_report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  constexpr std::time_t now = 1795348800;
  const auto reject = gateway::cli::parse_reject_line(line, now);
  if (!reject) return 0;
  if (reject->reason.empty()) std::abort();
  if (!reject->day.empty() && reject->when.empty()) std::abort();
  gateway::cli::RejectReport report;
  report.add(*reject);
  if (report.json(1).empty() || report.text(0).empty() || report.total() != 1) std::abort();
  return 0;
}
