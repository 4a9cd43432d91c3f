#include "gateway/net/listener.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <asio/basic_socket_acceptor.hpp>
#include <cerrno>
#include <cstring>

namespace gateway {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

std::error_code open_socket(Acceptor& acceptor, const StreamEndpoint& endpoint) {
  std::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  const int on = 1;
  const int fd = acceptor.native_handle();
  // REUSEADDR: a restart must not wait for old connections. V6ONLY: "::" stands beside "0.0.0.0", not for it.
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (endpoint.protocol().family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  return error;
}

bool is_want_of_resources(const std::error_code& error) {
  return error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system ||
         error == std::errc::no_buffer_space || error == std::errc::not_enough_memory;
}

}  // namespace

/// The socket of one shard.
struct Listener::Door : std::enable_shared_from_this<Door> {
  explicit Door(Shard& on) : shard(on), acceptor(on.loop()), pause(on.loop()) {}

  void accept_next() {
    acceptor.async_accept([self = shared_from_this()](std::error_code error, StreamSocket socket) {
      self->take(error, std::move(socket));
    });
  }

  void take(std::error_code error, StreamSocket socket) {
    if (closed) return;
    if (!error) {
      const int on = 1;
      ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      accepted(shard, std::move(socket));
      return accept_next();
    }
    if (!is_want_of_resources(error)) return accept_next();
    failed(error);
    pause.expires_after(std::chrono::milliseconds(500));
    pause.async_wait([self = shared_from_this()](std::error_code stopped) {
      if (!stopped && !self->closed) self->accept_next();
    });
  }

  void shut() {
    closed = true;
    std::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
  }

  Shard& shard;
  Acceptor acceptor;
  asio::steady_timer pause;
  Accepted accepted;
  Failed failed;
  bool closed = false;
};

tl::expected<std::unique_ptr<Listener>, std::string> Listener::open(const std::vector<Shard*>& shards,
                                                                    std::string_view address, std::uint16_t port) {
  const auto parsed = lookup::parse_ip(address);
  if (!parsed) return tl::unexpected(fmt::format("{} is not an IP address", address));
  std::unique_ptr<Listener> listener(new Listener);
  listener->address_ = parsed->to_string();
  listener->port_ = port;
  for (Shard* shard : shards) {
    auto door = std::make_shared<Door>(*shard);
    if (const auto error = open_socket(door->acceptor, make_endpoint(*parsed, listener->port_)))
      return tl::unexpected(fmt::format("cannot listen on {} port {}: {}", address, port, error.message()));
    std::error_code ignored;
    listener->port_ = name_of(door->acceptor.local_endpoint(ignored)).port;
    listener->doors_.push_back(std::move(door));
  }
  return listener;
}

tl::expected<std::unique_ptr<Listener>, std::string> Listener::adopt(const std::vector<Shard*>& shards, int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  int listens = 0;
  socklen_t flag_size = sizeof listens;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag_size) != 0 || listens == 0 ||
      (name.ss_family != AF_INET && name.ss_family != AF_INET6))
    return tl::unexpected(fmt::format("file descriptor {} is not a listening TCP socket", fd));
  std::unique_ptr<Listener> listener(new Listener);
  for (Shard* shard : shards) {
    auto door = std::make_shared<Door>(*shard);
    const bool is_last = shard == shards.back();
    const int mine = is_last ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (mine < 0) return tl::unexpected(fmt::format("file descriptor {}: {}", fd, std::strerror(errno)));
    std::error_code error;
    door->acceptor.assign(asio::generic::stream_protocol(name.ss_family, IPPROTO_TCP), mine, error);
    if (!error) door->acceptor.non_blocking(true, error);
    if (error) return tl::unexpected(fmt::format("file descriptor {}: {}", fd, error.message()));
    const auto local = name_of(door->acceptor.local_endpoint(error));
    listener->address_ = local.address.to_string();
    listener->port_ = local.port;
    listener->doors_.push_back(std::move(door));
  }
  return listener;
}

Listener::~Listener() {
  close();
}

void Listener::start(Accepted accepted, Failed failed) {
  for (const auto& door : doors_) {
    door->accepted = accepted;
    door->failed = failed;
    asio::post(door->shard.loop(), [door] { door->accept_next(); });
  }
}

void Listener::close() {
  for (const auto& door : doors_) asio::post(door->shard.loop(), [door] { door->shut(); });
  doors_.clear();
}

}  // namespace gateway
