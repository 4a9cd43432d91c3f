#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace gateway::cli {

/// Writes a new file that only its owner and group may read (0640), under another name first, then linked to its own. A
/// file that is there is not replaced. The error is a sentence.
[[nodiscard]] tl::expected<void, std::string> write_private_file(const std::string& path, std::string_view text);

}  // namespace gateway::cli
