#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lookup {

// The values of the controls and messages of LDAP content synchronisation (RFC 4533), in BER.

inline constexpr const char* sync_request_oid = "1.3.6.1.4.1.4203.1.9.1.1";
inline constexpr const char* sync_state_oid = "1.3.6.1.4.1.4203.1.9.1.2";
inline constexpr std::string_view sync_info_oid = "1.3.6.1.4.1.4203.1.9.1.4";
inline constexpr int sync_refresh_required = 0x1000;  // the result code of a cookie too old

/// What the server says of one entry (section 2.3). `id` is its entryUUID, 16 octets.
struct SyncState {
  enum class Kind : std::uint8_t { present, add, modify, remove };
  Kind kind = Kind::present;
  std::string id;
  std::optional<std::string> cookie;
};

/// What the server says between entries (section 2.5).
struct SyncInfo {
  enum class Kind : std::uint8_t { new_cookie, refresh_delete, refresh_present, id_set };
  Kind kind = Kind::new_cookie;
  std::optional<std::string> cookie;
  bool refresh_done = true;      // of refresh_delete and refresh_present
  bool refresh_deletes = false;  // of id_set: these are gone; otherwise they are still there
  std::vector<std::string> ids;
};

/// The value of the request: refresh, then persist. An empty cookie asks for everything.
std::string sync_request(std::string_view cookie);

/// nullopt when the octets are not what RFC 4533 describes.
std::optional<SyncState> parse_sync_state(std::string_view octets);
std::optional<SyncInfo> parse_sync_info(std::string_view octets);

}  // namespace lookup
