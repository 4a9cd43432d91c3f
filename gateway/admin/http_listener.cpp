#include "gateway/admin/http_listener.hpp"

#include <charconv>

#include <asio/write.hpp>

#include "gateway/net/asio.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

namespace {

using asio::ip::tcp;

constexpr std::size_t request_limit = 8192;
constexpr int connection_limit = 64;
constexpr auto time_limit = std::chrono::seconds(10);

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
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
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nX-Content-Type-Options: "
      "nosniff\r\n"
      "Cache-Control: no-store\r\n\r\n",
      answer.status, status_text(answer.status), answer.type, answer.body.size());
  if (with_body) text += answer.body;
  return text;
}

}  // namespace

struct HttpListener::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, Answerer answerer) : acceptor(loop), answer(std::move(answerer)) {}

  /// One request on one connection; every step keeps it alive.
  struct Exchange : std::enable_shared_from_this<Exchange> {
    Exchange(tcp::socket client, std::shared_ptr<State> owner)
        : socket(std::move(client)), deadline(socket.get_executor()), state(std::move(owner)) {
      ++state->connections;
    }
    ~Exchange() { --state->connections; }

    void start() {
      deadline.expires_after(time_limit);
      deadline.async_wait([self = shared_from_this()](std::error_code error) {
        std::error_code ignored;
        if (!error) self->socket.close(ignored);
      });
      read();
    }

    void read() {
      socket.async_read_some(asio::buffer(buffer),
                             [self = shared_from_this()](std::error_code error, std::size_t size) {
                               if (error) {
                                 self->deadline.cancel();
                                 return;
                               }
                               self->request.append(self->buffer.data(), size);
                               if (self->request.find("\r\n\r\n") != std::string::npos)
                                 self->reply(self->respond());
                               else if (self->request.size() > request_limit)
                                 self->reply(render({431, "text/plain", "request too large\n"}, true));
                               else
                                 self->read();
                             });
    }

    std::string respond() const {
      const std::string_view line = std::string_view(request).substr(0, request.find("\r\n"));
      const auto first = line.find(' ');
      const auto second = line.find(' ', first == std::string_view::npos ? first : first + 1);
      if (first == std::string_view::npos || second == std::string_view::npos)
        return render({400, "text/plain", "bad request\n"}, true);
      const auto method = line.substr(0, first);
      if (method != "GET" && method != "HEAD") return render({405, "text/plain", "only GET\n"}, true);
      auto path = line.substr(first + 1, second - first - 1);
      path = path.substr(0, path.find('?'));
      return render(state->answer(path), method == "GET");
    }

    void reply(std::string text) {
      response = std::move(text);
      asio::async_write(socket, asio::buffer(response), [self = shared_from_this()](std::error_code, std::size_t) {
        std::error_code ignored;
        self->socket.shutdown(tcp::socket::shutdown_both, ignored);
        self->deadline.cancel();
      });
    }

    tcp::socket socket;
    asio::steady_timer deadline;
    std::shared_ptr<State> state;
    std::array<char, 2048> buffer{};
    std::string request, response;
  };

  void accept() {
    acceptor.async_accept([self = shared_from_this()](std::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
      if (!error && self->connections < connection_limit) std::make_shared<Exchange>(std::move(socket), self)->start();
      self->accept();
    });
  }

  tcp::acceptor acceptor;
  Answerer answer;
  int connections = 0;
};

tl::expected<std::unique_ptr<HttpListener>, std::string> HttpListener::open(asio::io_context& loop,
                                                                            const std::string& address,
                                                                            Answerer answer) {
  const auto colon = address.rfind(':');
  std::uint16_t port = 0;
  const auto ip = lookup::parse_ip(std::string_view(address).substr(0, colon));
  if (colon == std::string::npos || !ip ||
      std::from_chars(address.data() + colon + 1, address.data() + address.size(), port).ec != std::errc{})
    return tl::unexpected("\"" + address + "\" is not ADDRESS:PORT");
  auto state = std::make_shared<State>(loop, std::move(answer));
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

HttpListener::HttpListener(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpListener::~HttpListener() {
  std::error_code ignored;
  state_->acceptor.close(ignored);
}

std::string HttpListener::address() const {
  std::error_code error;
  const auto endpoint = state_->acceptor.local_endpoint(error);
  const auto ip = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(endpoint.port());
}

}  // namespace gateway
