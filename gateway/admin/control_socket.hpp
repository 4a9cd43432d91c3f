#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace asio {
class io_context;
}

namespace gateway {

/// What an operator's command asks of the running daemon: a verb and its arguments.
struct ControlRequest {
  std::vector<std::string> words;
};

/// The exit code the command ends with and what it prints.
struct ControlAnswer {
  int exit_code = 0;
  std::string text;
};

/// The daemon's side of the control socket: a Unix-domain socket, mode 0660, on which the CLI sends one request and
/// reads one answer. The protocol is one JSON array of words and one JSON object, each ended by a line feed.
///
/// Runs on the admin loop. `serve` is called there and answers by its callback, once, from that loop.
class ControlSocket {
 public:
  using Server = std::function<void(ControlRequest, std::function<void(ControlAnswer)>)>;

  /// A socket file left by a dead daemon is replaced. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<ControlSocket>, std::string> open(asio::io_context& loop,
                                                                                      const std::string& path,
                                                                                      Server serve);
  ~ControlSocket();

 private:
  struct State;
  explicit ControlSocket(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// The CLI's side: sends and waits at most `seconds`. The error is a sentence ("no daemon answers on ...").
[[nodiscard]] tl::expected<ControlAnswer, std::string> ask_daemon(const std::string& path,
                                                                  const ControlRequest& request, int seconds = 60);

}  // namespace gateway
