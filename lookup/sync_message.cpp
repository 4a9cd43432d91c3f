#include "lookup/sync_message.hpp"

namespace lookup {

namespace {

constexpr unsigned char boolean = 0x01, octet_string = 0x04, enumerated = 0x0a, sequence = 0x30, set_of = 0x31;
constexpr std::size_t id_size = 16;

struct Element {
  unsigned char tag = 0;
  std::string_view content;
};

/// The next element of definite length with a one-octet tag, which is all that these values are made of.
bool take(std::string_view& octets, Element& element) {
  if (octets.size() < 2) return false;
  element.tag = static_cast<unsigned char>(octets[0]);
  std::size_t length = static_cast<unsigned char>(octets[1]);
  octets.remove_prefix(2);
  if (length > 0x7f) {
    const auto more = length & 0x7f;
    if (more == 0 || more > 4 || octets.size() < more) return false;
    length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | static_cast<unsigned char>(octets[i]);
    octets.remove_prefix(more);
  }
  if (octets.size() < length) return false;
  element.content = octets.substr(0, length);
  octets.remove_prefix(length);
  return true;
}

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

void append(std::string& out, unsigned char tag, std::string_view content) {
  out += static_cast<char>(tag);
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    out += static_cast<char>(0x84);
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(content.size() >> shift & 0xff);
  }
  out += content;
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
