#pragma once

#include <string_view>

namespace gateway::cli {

/// What a reason of a refusal means and where to look, as docs/reasons.md says it.
struct ReasonText {
  std::string_view reason, happened, look;
};

/// The row of a reason's word ("relay_denied"); nullptr for words that Gatepost does not use.
const ReasonText* find_reason_text(std::string_view reason);

}  // namespace gateway::cli
