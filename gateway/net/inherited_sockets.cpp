#include "gateway/net/inherited_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

namespace gateway {

namespace {

constexpr int first_fd = 3;  // SD_LISTEN_FDS_START
constexpr int most_sockets = 256;

std::optional<long> number(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  long value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, fault] = std::from_chars(text, end, value);
  if (fault != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::vector<InheritedSocket> take_inherited_sockets() {
  std::vector<InheritedSocket> sockets;
  const auto pid = number("LISTEN_PID");
  const auto count = number("LISTEN_FDS");
  const char* text = std::getenv("LISTEN_FDNAMES");
  std::string names = text != nullptr ? text : "";
  for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (!pid || *pid != ::getpid() || !count || *count < 1 || *count > most_sockets) return sockets;
  std::string_view rest = names;
  for (int fd = first_fd; fd < first_fd + static_cast<int>(*count); ++fd) {
    const auto name = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
    sockets.push_back({std::string(name), fd});
  }
  return sockets;
}

}  // namespace gateway
