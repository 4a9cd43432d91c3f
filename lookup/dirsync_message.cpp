#include "lookup/dirsync_message.hpp"

#include "lookup/ber.hpp"

namespace lookup {

namespace {

constexpr std::int32_t object_security = 1;
constexpr std::int32_t most_octets = 1 << 20;  // of one answer; servers give at least this much

}  // namespace

std::string dirsync_request(std::string_view cookie) {
  std::string parts, request;
  ber::append_integer(parts, object_security);
  ber::append_integer(parts, most_octets);
  ber::append(parts, ber::octet_string, cookie);
  ber::append(request, ber::sequence, parts);
  return request;
}

std::optional<DirSyncResponse> parse_dirsync_response(std::string_view octets) {
  ber::Element whole, cookie;
  if (!ber::take(octets, whole) || whole.tag != ber::sequence) return std::nullopt;
  auto rest = whole.content;
  std::int64_t more = 0, unused = 0;
  if (!ber::take_integer(rest, more) || !ber::take_integer(rest, unused)) return std::nullopt;
  if (!ber::take(rest, cookie) || cookie.tag != ber::octet_string) return std::nullopt;
  return DirSyncResponse{more != 0, std::string(cookie.content)};
}

}  // namespace lookup
