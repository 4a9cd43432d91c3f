#include "lookup/sync_message.hpp"

#include "lookup/ber.hpp"

namespace lookup {

namespace {

using namespace ber;

constexpr std::size_t id_size = 16;

/// Takes the next element if it has this tag. False only when the octets are damaged.
bool take_optional(std::string_view& octets, unsigned char tag, std::optional<std::string_view>& content) {
  content.reset();
  if (octets.empty() || static_cast<unsigned char>(octets[0]) != tag) return true;
  Element element;
  if (!take(octets, element)) return false;
  content = element.content;
  return true;
}

bool take_cookie(std::string_view& octets, std::optional<std::string>& cookie) {
  std::optional<std::string_view> content;
  if (!take_optional(octets, octet_string, content)) return false;
  if (content) cookie = std::string(*content);
  return true;
}

bool take_boolean(std::string_view& octets, bool& value) {
  std::optional<std::string_view> content;
  if (!take_optional(octets, boolean, content)) return false;
  if (content && content->size() != 1) return false;
  if (content) value = content->front() != 0;
  return true;
}

bool take_ids(std::string_view& octets, std::vector<std::string>& ids) {
  Element list, one;
  if (!take(octets, list) || list.tag != set_of) return false;
  while (!list.content.empty()) {
    if (!take(list.content, one) || one.tag != octet_string || one.content.size() != id_size) return false;
    ids.emplace_back(one.content);
  }
  return true;
}

}  // namespace

std::string sync_request(std::string_view cookie) {
  std::string parts, request;
  append(parts, enumerated, "\x03");  // refreshAndPersist
  if (!cookie.empty()) append(parts, octet_string, cookie);
  append(request, sequence, parts);
  return request;
}

std::optional<SyncState> parse_sync_state(std::string_view octets) {
  Element whole, kind, id;
  if (!take(octets, whole) || whole.tag != sequence) return std::nullopt;
  auto rest = whole.content;
  if (!take(rest, kind) || kind.tag != enumerated || kind.content.size() != 1 || kind.content[0] < 0 ||
      kind.content[0] > 3) {
    return std::nullopt;
  }
  if (!take(rest, id) || id.tag != octet_string || id.content.size() != id_size) return std::nullopt;
  SyncState state;
  state.kind = static_cast<SyncState::Kind>(kind.content[0]);
  state.id = id.content;
  if (!take_cookie(rest, state.cookie)) return std::nullopt;
  return state;
}

std::optional<SyncInfo> parse_sync_info(std::string_view octets) {
  Element whole;
  if (!take(octets, whole)) return std::nullopt;
  SyncInfo info;
  auto rest = whole.content;
  switch (whole.tag) {
    case 0x80:
      info.cookie = std::string(rest);
      return info;
    case 0xa1:
    case 0xa2:
      info.kind = whole.tag == 0xa1 ? SyncInfo::Kind::refresh_delete : SyncInfo::Kind::refresh_present;
      if (!take_cookie(rest, info.cookie) || !take_boolean(rest, info.refresh_done)) return std::nullopt;
      return info;
    case 0xa3:
      info.kind = SyncInfo::Kind::id_set;
      if (!take_cookie(rest, info.cookie) || !take_boolean(rest, info.refresh_deletes) || !take_ids(rest, info.ids)) {
        return std::nullopt;
      }
      return info;
    default:
      return std::nullopt;
  }
}

}  // namespace lookup
