#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "gateway/net/asio.hpp"
#include "gateway/net/shard.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

struct CloseTls {
  void operator()(SSL* tls) const;
};
using TlsPtr = std::unique_ptr<SSL, CloseTls>;

/// One end of a TCP connection; the address is 0.0.0.0 for Unix-domain sockets.
struct SocketName {
  lookup::IpAddress address;
  std::uint16_t port = 0;
};

/// What arrived: octets in the shard's scratch buffer, valid until the next suspension. Empty together with an error:
/// end_of_stream, timed_out, or the system's.
struct Received {
  std::string_view octets;
  std::error_code error;
};

/// What TLS agreed on, as Received headers and logs show it.
struct TlsSummary {
  std::string protocol, cipher;
  int used_bits = 0, strength_bits = 0;
  std::string peer_subject, peer_issuer, peer_fingerprint, peer_key_fingerprint;  // "" without a peer certificate
  bool peer_trusted = false;
};

/// A stream socket with optional TLS, in the server's or the client's role. An idle connection owns no buffer.
///
/// One read and one write at a time, all on the shard's loop. A deadline that passes makes the waiting operation (or
/// the next one) fail with timed_out but leaves the socket open, so that a last word can be written. Not movable.
class Connection final : private Deadline {
 public:
  Connection(Shard& shard, StreamSocket socket);
  explicit Connection(Shard& shard);  // for connect()
  ~Connection() override;

  /// Opens the connection as a client, from `local` when given.
  [[nodiscard]] asio::awaitable<std::error_code> connect(StreamEndpoint peer, std::optional<StreamEndpoint> local = {});

  [[nodiscard]] asio::awaitable<Received> receive();

  /// Writes all of it; tries without waiting first. `octets` must live until the return.
  [[nodiscard]] asio::awaitable<std::error_code> write(std::string_view octets);

  /// Writes what the socket takes at once: for last words before close().
  void write_best_effort(std::string_view octets);

  /// Takes the stream into TLS; `tls` comes from a SSL_CTX with all wishes (SNI, verification) already set.
  enum class Role : std::uint8_t { server, client };
  [[nodiscard]] asio::awaitable<std::error_code> start_tls(TlsPtr tls, Role role);
  bool is_tls() const { return tls_ != nullptr; }
  SSL* tls() const { return tls_.get(); }
  TlsSummary summarize_tls() const;
  /// Why start_tls() failed, in OpenSSL's words; for the log.
  const std::string& tls_error() const { return tls_error_; }

  /// True when octets have arrived that nobody has read yet. Never waits.
  bool has_unread_input();

  /// Every wait from now on ends at this moment, until it is set anew. `never` while the session itself is working.
  void expire_at(Clock::time_point at);
  void expire_after(std::chrono::seconds time) { expire_at(Clock::now() + time); }
  void never_expire();

  /// Makes the waiting operation, or the next one, fail with operation_aborted: the daemon wants to stop.
  void interrupt();

  void close();  // with TLS's good-bye when it costs no wait
  bool is_open() const { return socket_.is_open(); }

  SocketName peer() const;
  SocketName local() const;

 private:
  void expired() override;
  std::error_code stopped() const;
  asio::awaitable<std::error_code> wait_for_tls(int result);

  Shard& shard_;
  StreamSocket socket_;
  TlsPtr tls_;
  std::string tls_error_;
  bool more_expected_ = false;  // the last read filled the buffer: read before waiting
  bool timed_out_ = false;
  bool interrupted_ = false;
};

/// End of stream, told apart from errors: the peer closed its side.
inline const std::error_code end_of_stream = asio::error::make_error_code(asio::error::eof);
inline const std::error_code timed_out = asio::error::make_error_code(asio::error::timed_out);

StreamEndpoint make_endpoint(const lookup::IpAddress& address, std::uint16_t port);
StreamEndpoint make_unix_endpoint(std::string_view path);
SocketName name_of(const StreamEndpoint& endpoint);

}  // namespace gateway
