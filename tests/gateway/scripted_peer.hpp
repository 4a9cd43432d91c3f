#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gateway::testing {

/// One conversation as the scripted server sees it: blocking, with a time limit on every read.
class PeerTalk {
 public:
  PeerTalk(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}
  ~PeerTalk() { close(); }
  PeerTalk(const PeerTalk&) = delete;
  PeerTalk& operator=(const PeerTalk&) = delete;

  void say(const std::string& text) {
    if (tls_ != nullptr) {
      SSL_write(tls_, text.data(), static_cast<int>(text.size()));
    } else if (fd_ >= 0) {
      static_cast<void>(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL));
    }
  }
  /// A line without CRLF; "" when the client is gone.
  std::string hear() {
    for (;;) {
      const std::size_t end = buffer_.find("\r\n");
      if (end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        return line;
      }
      if (!fill()) return {};
    }
  }
  /// Lines up to and with an empty one, ended by LF alone; "" when the client is gone.
  std::string hear_paragraph() {
    for (;;) {
      const std::size_t end = buffer_.find("\n\n");
      if (end != std::string::npos) {
        std::string paragraph = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 2);
        return paragraph;
      }
      if (!fill()) return {};
    }
  }
  /// Everything up to and with the final dot.
  std::string hear_content() {
    for (;;) {
      const std::size_t end = buffer_.starts_with(".\r\n") ? 0 : buffer_.find("\r\n.\r\n");
      if (end != std::string::npos) {
        const std::size_t length = end == 0 && buffer_.starts_with(".\r\n") ? 3 : end + 5;
        std::string content = buffer_.substr(0, length);
        buffer_.erase(0, length);
        return content;
      }
      if (!fill()) return {};
    }
  }
  /// The server's part of a handshake, after "220 go".
  bool start_tls(SSL_CTX* context) {
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, fd_);
    return SSL_accept(tls_) == 1;
  }
  void close() {
    if (tls_ != nullptr) SSL_free(tls_);
    tls_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// Exactly so many octets; fewer when the client is gone.
  std::string hear_octets(std::size_t count) {
    while (buffer_.size() < count && fill()) continue;
    std::string octets = buffer_.substr(0, count);
    buffer_.erase(0, octets.size());
    return octets;
  }
  bool is_gone() { return fd_ < 0 || (buffer_.empty() && !fill()); }

 private:
  bool fill() {
    pollfd waiting{fd_, POLLIN, 0};
    int ready = 0;
    if (tls_ != nullptr && SSL_pending(tls_) > 0) ready = 1;
    for (int wait = 0; ready == 0 && wait < 500 && fd_ >= 0 && !stopping_; ++wait) ready = ::poll(&waiting, 1, 20);
    if (ready <= 0) return false;
    char piece[65536];
    const ssize_t got = tls_ != nullptr ? SSL_read(tls_, piece, sizeof piece) : ::recv(fd_, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  int fd_;
  const std::atomic<bool>& stopping_;
  std::string buffer_;
  SSL* tls_ = nullptr;
};

/// A server on 127.0.0.1 that runs `script` for each connection, each on a thread of its own.
class ScriptedPeer {
 public:
  using Script = std::function<void(PeerTalk&, int connection)>;

  explicit ScriptedPeer(Script script) : script_(std::move(script)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(fd_, 100);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { serve(); });
  }
  ~ScriptedPeer() {
    stopping_ = true;
    ::shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    ::close(fd_);
    for (std::thread& each : talks_) each.join();
  }

  std::string host() const { return "[127.0.0.1]:" + std::to_string(port); }
  std::uint16_t port = 0;
  std::atomic<int> connections{0};

 private:
  void serve() {
    while (!stopping_) {
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int number = connections++;
      talks_.emplace_back([this, fd, number] {
        PeerTalk talk(fd, stopping_);
        script_(talk, number);
      });
    }
  }
  Script script_;
  int fd_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  std::vector<std::thread> talks_;
};

}  // namespace gateway::testing
