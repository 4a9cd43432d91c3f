#pragma once

#include <openssl/types.h>

#include <array>
#include <chrono>
#include <memory>
#include <mutex>

namespace gateway {

/// The keys that encrypt TLS session tickets, for all listeners together: a new one each hour, the one before it still
/// opens tickets. So a stolen key opens the resumed sessions of two hours at most, and a reload ends none of them.
/// Safe from any thread.
class TicketKeys {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours lifetime{1};

  /// Makes the sessions of `context` use these keys; the context must not outlive them.
  void serve(SSL_CTX* context);

  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher, mac;
    Clock::time_point born;
  };
  /// The key for new tickets; made or replaced when it is due. Null when there is no randomness to be had.
  std::shared_ptr<const Key> current(Clock::time_point now);
  /// The key of that name, if it may still open tickets.
  std::shared_ptr<const Key> find(const unsigned char* name, Clock::time_point now);

 private:
  std::mutex mutex_;
  std::shared_ptr<const Key> current_, previous_;
};

}  // namespace gateway
