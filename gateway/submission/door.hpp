#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// An address and port of a listener.
struct Door {
  std::string address;
  std::uint16_t port = 0;
};

/// Where a program on this machine can hand mail to the daemon without a login: the loopback addresses of the first
/// listener that speaks SMTP in clear, asks for no login and sits behind no proxy, else that listener's own addresses.
/// Empty when there is none.
std::vector<Door> local_doors(const config::Config& config);

}  // namespace gateway
