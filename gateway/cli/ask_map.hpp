#pragma once

#include <string>

#include "gateway/cli/dry_run.hpp"
#include "lookup/answer.hpp"

namespace gateway::cli {

/// What a map says of one key, as `gatepost lookup` and `postmap -q` ask it; a directory answers with the mailbox, the
/// forward or the members of an address. No answer in time is unavailable.
lookup::Answer ask_map(DryRun& dry_run, const std::string& reference, const std::string& key);

}  // namespace gateway::cli
