#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/net/asio.hpp"
#include "gateway/net/connection.hpp"
#include "gateway/net/shard.hpp"

namespace gateway {

/// One listening address, with an own socket for each shard (SO_REUSEPORT), so that the kernel spreads the
/// connections and shards share nothing.
///
/// Out of file descriptors (EMFILE) is no reason to spin: the shard stops accepting for a moment, the kernel's queue
/// holds the clients meanwhile.
class Listener {
 public:
  /// Called on the shard that got the connection.
  using Accepted = std::function<void(Shard&, StreamSocket)>;
  /// Called when accepting fails for want of resources; on the shard.
  using Failed = std::function<void(std::error_code)>;

  /// Binds and listens. Port 0 takes a free port, the same for all shards; port() tells it. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<Listener>, std::string> open(const std::vector<Shard*>& shards,
                                                                                 std::string_view address,
                                                                                 std::uint16_t port);

  /// Takes a socket that listens already (socket activation); all shards accept from it. `fd` is the listener's then.
  [[nodiscard]] static tl::expected<std::unique_ptr<Listener>, std::string> adopt(const std::vector<Shard*>& shards,
                                                                                  int fd);

  ~Listener();

  void start(Accepted accepted, Failed failed);

  /// Stops accepting; safe while the shards run. Connections accepted before go on.
  void close();

  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }

 private:
  struct Door;
  Listener() = default;
  std::string address_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<Door>> doors_;
};

}  // namespace gateway
