#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace gateway::cli {

/// May others than the owner and his group read it? A configuration without passwords may be read by everybody, since
/// everybody's sendmail reads it.
enum class Readers : bool { group, everybody };

/// Writes a new file, under another name first, then linked to its own. A file that is there is not replaced. The error
/// is a sentence.
[[nodiscard]] tl::expected<void, std::string> write_private_file(const std::string& path, std::string_view text,
                                                                 Readers readers = Readers::group);

}  // namespace gateway::cli
