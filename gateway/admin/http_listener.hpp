#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "gateway/admin/http_request.hpp"

namespace asio {
class io_context;
}

namespace gateway {

class TlsSettings;

struct HttpAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields{};
};

/// A small HTTP/1.1 server: metrics, health, status page; HTTPS where there is a certificate.
///
/// Runs on the admin loop, apart from the mail: a slow, huge or hostile request costs one of 64 places, 16 KiB and ten
/// seconds. `serve` is called on that loop with each request and answers by its callback, once, from that loop.
class HttpListener {
 public:
  using Server = std::function<void(const HttpRequest&, std::function<void(HttpAnswer)>)>;

  /// `address` is "127.0.0.1:9925" or "[::1]:9925"; port 0 takes a free one. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<HttpListener>, std::string> open(asio::io_context& loop,
                                                                                     const std::string& address,
                                                                                     Server serve);
  /// Takes a socket that listens already (socket activation).
  [[nodiscard]] static tl::expected<std::unique_ptr<HttpListener>, std::string> adopt(asio::io_context& loop, int fd,
                                                                                      Server serve);
  ~HttpListener();

  /// For connections from now on; null: plain HTTP.
  void use(std::shared_ptr<const TlsSettings> tls);

  std::string address() const;

 private:
  struct State;
  template <class Stream>
  struct Exchange;
  explicit HttpListener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace gateway
