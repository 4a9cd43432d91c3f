#pragma once

#include <string>

namespace gateway::cli {

/// The manual page gatepost(8), in roff, out of the table of verbs.
std::string manual_page();

/// Completion for bash, out of the same table.
std::string bash_completion();

}  // namespace gateway::cli
