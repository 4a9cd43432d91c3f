#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace gateway {

/// The folder below the queue where programs leave mail while no daemon takes it.
std::string maildrop_folder(const std::string& queue_directory);

/// Sets the folder's rights, for the daemon at its start: its group may put files in, and those belong to the group, so
/// that the daemon can read them. The folder must be there.
void open_maildrop(const std::string& folder);

/// Leaves a file there so that a crash cannot lose it: written under a name with a dot, synced, renamed, the folder
/// synced. Root's files are given to the folder's owner. The error is a sentence.
[[nodiscard]] tl::expected<void, std::string> leave_in_maildrop(const std::string& folder, std::string_view text);

/// The whole files in the folder, oldest first; empty when there is no folder.
std::vector<std::string> maildrop_files(const std::string& folder);

}  // namespace gateway
