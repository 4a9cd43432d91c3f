#pragma once

#include <string>

#include "lookup/entry.hpp"

namespace lookup {

/// Appends the entry as an RFC 2849 record with the blank line behind it. Values that are not safe as text are base64.
void append_ldif(std::string& out, const Entry& entry);

}  // namespace lookup
