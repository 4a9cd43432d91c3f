#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lookup {

// The control of Active Directory's DirSync ([MS-ADTS] 3.1.1.3.4.1.3), by which a directory tells what has changed
// since a cookie.

inline constexpr const char* dirsync_oid = "1.2.840.113556.1.4.841";

/// The value of the request: with object security, so that the right to read is enough; an empty cookie asks for all.
std::string dirsync_request(std::string_view cookie);

struct DirSyncResponse {
  bool more = false;  // ask again at once, with the new cookie
  std::string cookie;
};

/// nullopt when the octets are no such value.
std::optional<DirSyncResponse> parse_dirsync_response(std::string_view octets);

}  // namespace lookup
