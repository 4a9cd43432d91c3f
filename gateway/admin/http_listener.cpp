#include "gateway/admin/http_listener.hpp"

#include <openssl/ssl.h>

#include <asio/ssl.hpp>
#include <asio/write.hpp>
#include <charconv>

#include "gateway/net/asio.hpp"
#include "gateway/net/tls_settings.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

namespace {

using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr int connection_limit = 64;
constexpr auto time_limit = std::chrono::seconds(10);

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 303:
      return "See Other";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

std::string render(const HttpAnswer& answer, bool with_body) {
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n"
      "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n",
      answer.status, status_text(answer.status), answer.type, answer.body.size());
  for (const auto& [name, value] : answer.fields) text += name + ": " + value + "\r\n";
  text += "\r\n";
  if (with_body) text += answer.body;
  return text;
}

tcp::socket& socket_of(tcp::socket& socket) {
  return socket;
}
tcp::socket& socket_of(TlsStream& stream) {
  return stream.next_layer();
}

}  // namespace

struct HttpListener::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, Server server) : acceptor(loop), serve(std::move(server)) {}

  void accept();

  tcp::acceptor acceptor;
  Server serve;
  std::shared_ptr<asio::ssl::context> tls;
  int connections = 0;
};

/// One request on one connection; every step keeps it alive.
template <class Stream>
struct HttpListener::Exchange : std::enable_shared_from_this<Exchange<Stream>> {
  Exchange(Stream client, std::shared_ptr<State> owner)
      : stream(std::move(client)), deadline(stream.get_executor()), state(std::move(owner)) {
    ++state->connections;
  }
  ~Exchange() { --state->connections; }

  void start() {
    deadline.expires_after(time_limit);
    deadline.async_wait([self = this->shared_from_this()](std::error_code error) {
      if (!error) self->close();
    });
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream.async_handshake(TlsStream::server, [self = this->shared_from_this()](std::error_code error) {
        if (error) return self->close();
        self->read();
      });
    } else {
      read();
    }
  }

  void read() {
    stream.async_read_some(asio::buffer(buffer),
                           [self = this->shared_from_this()](std::error_code error, std::size_t size) {
                             if (error) return self->close();
                             self->octets.append(self->buffer.data(), size);
                             self->take();
                           });
  }

  void take() {
    auto parsed = parse_http(octets);
    switch (parsed.progress) {
      case HttpProgress::incomplete:
        return read();
      case HttpProgress::malformed:
        return reply({400, "text/plain", "bad request\n"});
      case HttpProgress::too_large:
        return reply({431, "text/plain", "request too large\n"});
      case HttpProgress::complete:
        break;
    }
    const auto& method = parsed.request.method;
    if (method != "GET" && method != "HEAD" && method != "POST")
      return reply({405, "text/plain", "only GET, HEAD and POST\n", {{"Allow", "GET, HEAD, POST"}}});
    with_body = method != "HEAD";
    state->serve(parsed.request,
                 [self = this->shared_from_this()](HttpAnswer answer) { self->reply(std::move(answer)); });
  }

  void reply(HttpAnswer answer) {
    response = render(answer, with_body);
    asio::async_write(stream, asio::buffer(response), [self = this->shared_from_this()](std::error_code, std::size_t) {
      // A peer that still sends would get a reset instead of the answer, so its end is waited for.
      if constexpr (std::is_same_v<Stream, TlsStream>) {
        self->stream.async_shutdown([self](std::error_code) { self->finish(); });
      } else {
        self->finish();
      }
    });
  }

  void finish() {
    std::error_code ignored;
    socket_of(stream).shutdown(tcp::socket::shutdown_send, ignored);
    linger();
  }

  void linger() {
    socket_of(stream).async_read_some(asio::buffer(buffer),
                                      [self = this->shared_from_this()](std::error_code error, std::size_t) {
                                        if (error) return self->close();
                                        self->linger();
                                      });
  }

  void close() {
    std::error_code ignored;
    deadline.cancel();
    socket_of(stream).close(ignored);
  }

  Stream stream;
  asio::steady_timer deadline;
  std::shared_ptr<State> state;
  std::array<char, 2048> buffer{};
  std::string octets, response;
  bool with_body = true;
};

void HttpListener::State::accept() {
  acceptor.async_accept([self = shared_from_this()](std::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (!error && self->connections < connection_limit) {
      if (self->tls)
        std::make_shared<Exchange<TlsStream>>(TlsStream(std::move(socket), *self->tls), self)->start();
      else
        std::make_shared<Exchange<tcp::socket>>(std::move(socket), self)->start();
    }
    self->accept();
  });
}

tl::expected<std::unique_ptr<HttpListener>, std::string> HttpListener::open(asio::io_context& loop,
                                                                            const std::string& address, Server serve) {
  const auto colon = address.rfind(':');
  std::uint16_t port = 0;
  auto host = std::string_view(address).substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto ip = lookup::parse_ip(host);
  if (colon == std::string::npos || !ip ||
      std::from_chars(address.data() + colon + 1, address.data() + address.size(), port).ec != std::errc{})
    return tl::unexpected("\"" + address + "\" is not ADDRESS:PORT");
  auto state = std::make_shared<State>(loop, std::move(serve));
  std::error_code error;
  const tcp::endpoint endpoint(asio::ip::make_address(ip->to_string(), error), port);
  if (!error) state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(64, error);
  if (error) return tl::unexpected("cannot listen on " + address + ": " + error.message());
  state->accept();
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(state)));
}

tl::expected<std::unique_ptr<HttpListener>, std::string> HttpListener::adopt(asio::io_context& loop, int fd,
                                                                             Server serve) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      (name.ss_family != AF_INET && name.ss_family != AF_INET6))
    return tl::unexpected(fmt::format("file descriptor {} is not a TCP socket", fd));
  auto state = std::make_shared<State>(loop, std::move(serve));
  std::error_code error;
  state->acceptor.assign(name.ss_family == AF_INET ? tcp::v4() : tcp::v6(), fd, error);
  if (error) return tl::unexpected(fmt::format("file descriptor {}: {}", fd, error.message()));
  state->accept();
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(state)));
}

HttpListener::HttpListener(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpListener::~HttpListener() {
  std::error_code ignored;
  state_->acceptor.close(ignored);
}

void HttpListener::use(std::shared_ptr<const TlsSettings> tls) {
  if (!tls) {
    state_->tls.reset();
    return;
  }
  const auto session = tls->new_session();
  SSL_CTX* context = SSL_get_SSL_CTX(session.get());
  SSL_CTX_up_ref(context);  // asio's context frees what it is given
  state_->tls = std::shared_ptr<asio::ssl::context>(new asio::ssl::context(context),
                                                    [keep = std::move(tls)](asio::ssl::context* made) { delete made; });
}

std::string HttpListener::address() const {
  std::error_code error;
  const auto endpoint = state_->acceptor.local_endpoint(error);
  const auto ip = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(endpoint.port());
}

}  // namespace gateway
