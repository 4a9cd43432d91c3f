#include "gateway/config/live_network.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gateway::config {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

/// 0, or the errno that says why the address cannot be bound.
int try_bind(const std::string& address, std::uint16_t port) {
  const auto ip = lookup::parse_ip(address);
  if (!ip) return 0;
  const Descriptor socket(::socket(ip->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return errno == EAFNOSUPPORT ? 0 : errno;
  const int on = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int result = 0;
  if (ip->is_v6) {
    ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(port);
    std::memcpy(&name.sin6_addr, ip->bytes.data(), 16);
    result = ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  } else {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    std::memcpy(&name.sin_addr, ip->bytes.data(), 4);
    result = ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  if (result != 0) return errno;
  return ::listen(socket.number(), 1) == 0 ? 0 : errno;
}

}  // namespace

void check_ports(const Config& config, std::vector<Finding>& findings) {
  for (const auto& listener : config.listeners)
    for (const auto& address : listener.address) {
      const int code = try_bind(address, listener.port);
      if (code == 0) continue;
      const bool ours = code == EADDRINUSE || code == EACCES;
      const char* why = code == EADDRINUSE ? "in use; by a gatepost that runs already?"
                        : code == EACCES   ? "only root may bind it; started as root, gatepost can"
                                           : std::strerror(code);
      findings.push_back({ours ? Severity::warning : Severity::error, listener.place,
                          fmt::format("listener \"{}\": {} port {}: {}", listener.name, address, listener.port, why)});
    }
}

}  // namespace gateway::config
