#include "gateway/admin/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include "gateway/net/asio.hpp"

namespace gateway {

namespace {

using asio::local::stream_protocol;
using Json = nlohmann::json;

constexpr std::size_t request_limit = 1 << 20;

/// A connected stream socket to `path`, or -1 with errno.
int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor >= 0 && ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    return descriptor;
  const int why = errno;
  if (descriptor >= 0) ::close(descriptor);
  errno = why;
  return -1;
}

}  // namespace

struct ControlSocket::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, Server server, std::string where)
      : acceptor(loop), serve(std::move(server)), path(std::move(where)) {}

  struct Exchange : std::enable_shared_from_this<Exchange> {
    Exchange(stream_protocol::socket client, std::shared_ptr<State> owner)
        : socket(std::move(client)), state(std::move(owner)) {}

    void read() {
      asio::async_read_until(socket, asio::dynamic_buffer(request, request_limit), '\n',
                             [self = shared_from_this()](std::error_code error, std::size_t size) {
                               if (!error) self->dispatch(size);
                             });
    }

    void dispatch(std::size_t size) {
      const auto words =
          Json::parse(request.begin(), request.begin() + static_cast<std::ptrdiff_t>(size), nullptr, false);
      ControlRequest asked;
      if (words.is_array())
        for (const auto& word : words)
          if (word.is_string()) asked.words.push_back(word.get<std::string>());
      if (asked.words.empty()) {
        reply({64, "malformed request\n"});
        return;
      }
      state->serve(std::move(asked), [self = shared_from_this()](const ControlAnswer& answer) { self->reply(answer); });
    }

    void reply(const ControlAnswer& answer) {
      response =
          Json{{"exit", answer.exit_code}, {"text", answer.text}}.dump(-1, ' ', false, Json::error_handler_t::replace) +
          "\n";
      asio::async_write(socket, asio::buffer(response), [self = shared_from_this()](std::error_code, std::size_t) {});
    }

    stream_protocol::socket socket;
    std::shared_ptr<State> state;
    std::string request, response;
  };

  void accept() {
    acceptor.async_accept([self = shared_from_this()](std::error_code error, stream_protocol::socket socket) {
      if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
      if (!error) std::make_shared<Exchange>(std::move(socket), self)->read();
      self->accept();
    });
  }

  stream_protocol::acceptor acceptor;
  Server serve;
  std::string path;
};

tl::expected<std::unique_ptr<ControlSocket>, std::string> ControlSocket::open(asio::io_context& loop,
                                                                              const std::string& path, Server serve) {
  const int other = connect_to(path);
  if (other >= 0) {
    ::close(other);
    return tl::unexpected("another daemon answers on the control socket " + path);
  }
  if (errno == ENAMETOOLONG) return tl::unexpected("the path of the control socket is too long: " + path);
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
  auto state = std::make_shared<State>(loop, std::move(serve), path);
  std::error_code error;
  state->acceptor.open(stream_protocol(), error);
  const auto mask = ::umask(0117);
  if (!error) state->acceptor.bind(stream_protocol::endpoint(path), error);
  ::umask(mask);
  if (!error) state->acceptor.listen(16, error);
  if (error) return tl::unexpected("cannot listen on the control socket " + path + ": " + error.message());
  state->accept();
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(state)));
}

ControlSocket::ControlSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}

ControlSocket::~ControlSocket() {
  std::error_code ignored;
  state_->acceptor.close(ignored);
  ::unlink(state_->path.c_str());
}

tl::expected<ControlAnswer, std::string> ask_daemon(const std::string& path, const ControlRequest& request,
                                                    int seconds) {
  const int descriptor = connect_to(path);
  if (descriptor < 0) return tl::unexpected("no daemon answers on " + path + ": " + std::strerror(errno));
  const timeval limit{seconds, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const std::string line = Json(request.words).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::string text;
  if (::send(descriptor, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())) {
    char buffer[65536];
    ssize_t size = 0;
    while ((size = ::recv(descriptor, buffer, sizeof buffer, 0)) > 0)
      text.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(descriptor);
  const auto answer = Json::parse(text, nullptr, false);
  if (!answer.is_object()) return tl::unexpected("the daemon on " + path + " gave no answer");
  return ControlAnswer{answer.value("exit", 1), answer.value("text", std::string())};
}

}  // namespace gateway
