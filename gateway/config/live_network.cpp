#include "gateway/config/live_network.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
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

std::string connect_within(int family, const sockaddr* name, socklen_t size, Millis timeout) {
  const Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.number() < 0) return std::strerror(errno);
  if (::connect(socket.number(), name, size) == 0) return {};
  if (errno != EINPROGRESS) return std::strerror(errno);
  pollfd wait{socket.number(), POLLOUT, 0};
  const int ready = ::poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 1, 30000)));
  if (ready == 0) return fmt::format("no answer within {} ms", timeout.count());
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error == 0 ? std::string() : std::string(std::strerror(error));
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned octet = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, octet, 16).ec == std::errc{}) {
      out.push_back(static_cast<char>(octet));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string reach_socket(std::string path, Millis timeout) {
  if (path.empty()) path = "/var/run/slapd/ldapi";
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return "the path is too long";
  path.copy(name.sun_path, path.size());
  return connect_within(AF_UNIX, reinterpret_cast<const sockaddr*>(&name), sizeof name, timeout);
}

/// "" when the server accepts a connection, else why not.
std::string reach(const std::string& server, Millis timeout) {
  const auto start = server.find("://");
  if (start == std::string::npos) return {};
  const std::string scheme = server.substr(0, start);
  std::string host = server.substr(start + 3, server.find_first_of("/?", start + 3) - start - 3);
  if (scheme == "ldapi") return reach_socket(percent_decoded(host), timeout);
  std::string port = scheme == "ldaps" ? "636" : "389";
  const auto bracket = host.rfind(']');
  if (const auto colon = host.rfind(':');
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    port = host.substr(colon + 1);
    host.resize(colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &raw); code != 0) return ::gai_strerror(code);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, ::freeaddrinfo);
  std::string why = "no address";
  for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next) {
    why = connect_within(each->ai_family, each->ai_addr, each->ai_addrlen, timeout);
    if (why.empty()) return {};
  }
  return why;
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

void check_directory_servers(const Config& config, std::vector<Finding>& findings) {
  for (const auto& directory : config.directories) {
    std::size_t reached = 0;
    std::vector<std::string> failures;
    for (const auto& server : directory.servers) {
      const std::string why = reach(server, directory.connect_timeout);
      if (why.empty())
        ++reached;
      else
        failures.push_back(fmt::format("directory \"{}\": {}: {}", directory.name, server, why));
    }
    // One server that answers is enough to work.
    const Severity severity = reached == 0 ? Severity::error : Severity::warning;
    const Place written = place_of(config, "directories." + directory.name + ".servers");
    for (auto& failure : failures) findings.push_back({severity, written, std::move(failure)});
  }
}

}  // namespace gateway::config
