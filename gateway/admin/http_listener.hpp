#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace asio {
class io_context;
}

namespace gateway {

struct HttpAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

/// A small HTTP/1.1 server for GET and HEAD: metrics, health, status page.
///
/// Runs on the admin loop, apart from the mail: a slow, huge or hostile request costs one of 64 places, 8 KiB and ten
/// seconds. `answer` is called on that loop with the path (query cut off) and must not block.
class HttpListener {
 public:
  using Answerer = std::function<HttpAnswer(std::string_view path)>;

  /// `address` is "127.0.0.1:9925" or "[::1]:9925"; port 0 takes a free one. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<HttpListener>, std::string> open(asio::io_context& loop,
                                                                                     const std::string& address,
                                                                                     Answerer answer);
  ~HttpListener();

  std::string address() const;

 private:
  struct State;
  explicit HttpListener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace gateway
