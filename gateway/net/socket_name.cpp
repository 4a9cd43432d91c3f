#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "gateway/net/connection.hpp"

namespace gateway {

StreamEndpoint make_endpoint(const lookup::IpAddress& address, std::uint16_t port) {
  if (address.is_v6) {
    asio::ip::address_v6::bytes_type bytes;
    std::copy(address.bytes.begin(), address.bytes.end(), bytes.begin());
    return asio::ip::tcp::endpoint(asio::ip::address_v6(bytes), port);
  }
  asio::ip::address_v4::bytes_type bytes;
  std::copy_n(address.bytes.begin(), 4, bytes.begin());
  return asio::ip::tcp::endpoint(asio::ip::address_v4(bytes), port);
}

StreamEndpoint make_unix_endpoint(std::string_view path) {
  // A path that does not fit is cut here, so that connecting fails instead of throwing.
  return asio::local::stream_protocol::endpoint(path.substr(0, sizeof(sockaddr_un::sun_path) - 1));
}

SocketName name_of(const StreamEndpoint& endpoint) {
  SocketName name;
  if (endpoint.protocol().family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, endpoint.data(), sizeof v4);
    std::memcpy(name.address.bytes.data(), &v4.sin_addr, 4);
    name.port = ntohs(v4.sin_port);
  } else if (endpoint.protocol().family() == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, endpoint.data(), sizeof v6);
    name.port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      std::memcpy(name.address.bytes.data(), v6.sin6_addr.s6_addr + 12, 4);
    } else {
      name.address.is_v6 = true;
      std::memcpy(name.address.bytes.data(), v6.sin6_addr.s6_addr, 16);
    }
  }
  return name;
}

}  // namespace gateway
