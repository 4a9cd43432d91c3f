#include "gateway/filter/milter_address.hpp"

#include <fmt/core.h>
#include <sys/un.h>

#include <charconv>

namespace gateway {

namespace {

constexpr std::size_t path_limit = sizeof(sockaddr_un::sun_path) - 1;

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

}  // namespace

tl::expected<MilterAddress, std::string> parse_milter_address(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return tl::unexpected(fmt::format("\"{}\" is not an address: {}; write inet:HOST:PORT or unix:PATH", text, why));
  };
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  const auto rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  MilterAddress address;
  if (kind == "unix" || kind == "local") {
    if (!rest.starts_with('/')) return wrong("the path must be absolute");
    if (rest.size() > path_limit) return wrong(fmt::format("a socket's path has at most {} octets", path_limit));
    address.path = rest;
    return address;
  }
  if (kind != "inet" && kind != "inet6") return wrong("it must begin with inet: or unix:");
  std::string_view host, port;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {  // as sendmail and libmilter write it
    port = rest.substr(0, at);
    host = rest.substr(at + 1);
  } else if (const auto last = rest.rfind(':'); last != std::string_view::npos) {
    host = rest.substr(0, last);
    port = rest.substr(last + 1);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (!read_port(port, address.port)) return wrong("there is no port from 1 to 65535");
  if (host.empty() || host.find_first_of(" \t/[]@") != std::string_view::npos) return wrong("there is no host");
  address.host = host;
  return address;
}

}  // namespace gateway
