#pragma once

#include <string>

namespace gateway {

/// When root created `path` inside a spool whose directory belongs to another user, gives it to that user; nothing
/// otherwise. Symbolic links are not followed.
void give_to_owner_of(const std::string& directory, const std::string& path);

}  // namespace gateway
