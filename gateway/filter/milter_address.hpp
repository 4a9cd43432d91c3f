#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace gateway {

/// Where a milter listens. Exactly one of `host` and `path` is set.
struct MilterAddress {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  std::string path;

  bool operator==(const MilterAddress&) const = default;
};

/// Reads inet:HOST:PORT, inet:PORT@HOST (also inet6:), unix:PATH (also local:). The error is a sentence. Pure.
[[nodiscard]] tl::expected<MilterAddress, std::string> parse_milter_address(std::string_view text);

}  // namespace gateway
