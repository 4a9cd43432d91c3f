#include "gateway/net/connection.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <csignal>
#include <mutex>

namespace gateway {

namespace {

/// SSL_write() uses write(2), which has no MSG_NOSIGNAL.
void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] { std::signal(SIGPIPE, SIG_IGN); });
}

std::error_code last_error() {
  return {errno, asio::error::get_system_category()};
}

}  // namespace

void CloseTls::operator()(SSL* tls) const {
  SSL_free(tls);
}

Connection::Connection(Shard& shard, StreamSocket socket) : Deadline(shard), shard_(shard), socket_(std::move(socket)) {
  ignore_broken_pipes();
  std::error_code ignored;
  socket_.non_blocking(true, ignored);
}

Connection::Connection(Shard& shard) : Deadline(shard), shard_(shard), socket_(shard.loop()) {
  ignore_broken_pipes();
}

Connection::~Connection() {
  close();
}

asio::awaitable<std::error_code> Connection::connect(StreamEndpoint peer, std::optional<StreamEndpoint> local) {
  std::error_code failure;
  socket_.open(peer.protocol(), failure);
  if (!failure && local) socket_.bind(*local, failure);
  if (!failure) socket_.non_blocking(true, failure);
  if (!failure) failure = stopped();
  if (failure) co_return failure;
  auto [error] = co_await socket_.async_connect(peer, token);
  if (const auto why = stopped()) co_return why;
  if (!error && peer.protocol().family() != AF_UNIX) {
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  co_return error;
}

asio::awaitable<Received> Connection::receive() {
  const auto scratch = shard_.scratch();
  bool wait_first = !tls_ && !more_expected_;
  for (;;) {
    if (const auto why = stopped()) co_return Received{{}, why};
    if (!socket_.is_open()) co_return Received{{}, asio::error::make_error_code(asio::error::bad_descriptor)};
    if (!wait_first) {
      if (tls_) {
        ERR_clear_error();
        const int size = SSL_read(tls_.get(), scratch.data(), static_cast<int>(scratch.size()));
        if (size > 0) co_return Received{{scratch.data(), static_cast<std::size_t>(size)}, {}};
        const auto error = co_await wait_for_tls(size);
        if (error) co_return Received{{}, error};
        continue;
      }
      const auto size = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), 0);
      more_expected_ = size == static_cast<ssize_t>(scratch.size());
      if (size > 0) co_return Received{{scratch.data(), static_cast<std::size_t>(size)}, {}};
      if (size == 0) co_return Received{{}, end_of_stream};
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) co_return Received{{}, last_error()};
    }
    wait_first = false;
    auto [error] = co_await socket_.async_wait(StreamSocket::wait_read, token);
    if (const auto why = stopped()) co_return Received{{}, why};
    if (error) co_return Received{{}, error};
  }
}

asio::awaitable<std::error_code> Connection::write(std::string_view octets) {
  while (!octets.empty()) {
    if (const auto why = stopped()) co_return why;
    if (!socket_.is_open()) co_return asio::error::make_error_code(asio::error::bad_descriptor);
    if (tls_) {
      ERR_clear_error();
      const int size =
          SSL_write(tls_.get(), octets.data(), static_cast<int>(std::min<std::size_t>(octets.size(), 1 << 20)));
      if (size > 0) {
        octets.remove_prefix(static_cast<std::size_t>(size));
        continue;
      }
      const auto error = co_await wait_for_tls(size);
      if (error) co_return error;
      continue;
    }
    const auto size = ::send(socket_.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (size > 0) {
      octets.remove_prefix(static_cast<std::size_t>(size));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) co_return last_error();
    auto [error] = co_await socket_.async_wait(StreamSocket::wait_write, token);
    if (const auto why = stopped()) co_return why;
    if (error) co_return error;
  }
  co_return std::error_code{};
}

void Connection::write_best_effort(std::string_view octets) {
  if (!socket_.is_open() || octets.empty()) return;
  if (!tls_) {
    [[maybe_unused]] const auto size = ::send(socket_.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL);
    return;
  }
  ERR_clear_error();
  if (SSL_is_init_finished(tls_.get())) SSL_write(tls_.get(), octets.data(), static_cast<int>(octets.size()));
}

asio::awaitable<std::error_code> Connection::start_tls(TlsPtr tls, Role role) {
  SSL_set_fd(tls.get(), socket_.native_handle());
  SSL_set_mode(tls.get(),
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (role == Role::server) {
    SSL_set_accept_state(tls.get());
  } else {
    SSL_set_connect_state(tls.get());
  }
  tls_ = std::move(tls);
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(tls_.get());
    if (result == 1) co_return std::error_code{};
    const auto error = co_await wait_for_tls(result);
    if (error) co_return error;
  }
}

asio::awaitable<std::error_code> Connection::wait_for_tls(int result) {
  const int reason = SSL_get_error(tls_.get(), result);
  if (reason == SSL_ERROR_ZERO_RETURN) co_return end_of_stream;
  if (reason == SSL_ERROR_SYSCALL) co_return errno == 0 ? end_of_stream : last_error();
  if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
    const auto code = ERR_peek_error();
    char text[256];
    ERR_error_string_n(code, text, sizeof text);
    tls_error_ = text;
    // A peer that goes without close_notify has just gone; content has its own end marks.
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) co_return end_of_stream;
    co_return std::make_error_code(std::errc::protocol_error);
  }
  if (const auto why = stopped()) co_return why;
  const auto direction = reason == SSL_ERROR_WANT_READ ? StreamSocket::wait_read : StreamSocket::wait_write;
  auto [error] = co_await socket_.async_wait(direction, token);
  if (const auto why = stopped()) co_return why;
  co_return error;
}

bool Connection::has_unread_input() {
  if (!socket_.is_open()) return false;
  char octet;
  if (!tls_) return ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  ERR_clear_error();
  return SSL_peek(tls_.get(), &octet, 1) > 0;
}

void Connection::expire_at(Clock::time_point at) {
  timed_out_ = false;
  set(at);
}

void Connection::never_expire() {
  timed_out_ = false;
  clear();
}

void Connection::expired() {
  timed_out_ = true;
  std::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::interrupt() {
  interrupted_ = true;
  std::error_code ignored;
  socket_.cancel(ignored);
}

std::error_code Connection::stopped() const {
  if (timed_out_) return timed_out;
  if (interrupted_) return asio::error::make_error_code(asio::error::operation_aborted);
  return {};
}

void Connection::close() {
  clear();
  if (!socket_.is_open()) return;
  if (tls_ && SSL_is_init_finished(tls_.get())) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  // What is left unread would turn the close into a reset, which can overtake our last words.
  for (int i = 0; i < 4; ++i) {
    const auto scratch = shard_.scratch();
    if (::recv(socket_.native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT) <= 0) break;
  }
  std::error_code ignored;
  socket_.close(ignored);
}

SocketName Connection::peer() const {
  std::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  return error ? SocketName{} : name_of(endpoint);
}

SocketName Connection::local() const {
  std::error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? SocketName{} : name_of(endpoint);
}

}  // namespace gateway
