#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// What the EHLO reply offers, decided by listener, TLS state and login.
struct Capabilities {
  std::uint64_t message_size_limit = 0;  // 0 = none
  std::uint32_t recipient_limit = 0;
  bool starttls = false;
  std::vector<std::string> auth_mechanisms;  // empty: AUTH is not offered
  bool smtputf8 = false;
  bool require_tls = false;
  bool xclient = false;
};

/// The text of the 250 reply, lines divided by line feeds, the host's name first.
std::string describe(const Capabilities& capabilities, std::string_view hostname);

}  // namespace gateway
