#include "gateway/submission/door.hpp"

#include "lookup/ip_address.hpp"

namespace gateway {

std::vector<Door> local_doors(const config::Config& config) {
  for (const auto& listener : config.listeners) {
    const bool wants_more = listener.tls == config::ListenerTls::wrapper ||
                            listener.tls == config::ListenerTls::required ||
                            listener.auth == config::ListenerAuth::required || listener.proxy_protocol;
    if (wants_more || listener.port == 0) continue;
    std::vector<Door> doors, others;
    for (const auto& text : listener.address) {
      const auto address = lookup::parse_ip(text);
      if (!address) continue;
      if (text == "0.0.0.0")
        doors.push_back({"127.0.0.1", listener.port});
      else if (text == "::")
        doors.push_back({"::1", listener.port});
      else
        (address->is_loopback() ? doors : others).push_back({address->to_string(), listener.port});
    }
    doors.insert(doors.end(), others.begin(), others.end());
    if (!doors.empty()) return doors;
  }
  return {};
}

}  // namespace gateway
