#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/net/asio.hpp"

namespace gateway {

/// One value that a callback will bring, as something to await: the bridge from `std::function done` to coroutines.
///
/// Give callback() (or callback_from_any_thread()) to whoever answers, then wait(). A value that is there already does
/// not suspend. A callback that comes after the limit, or after the waiting coroutine is gone, is ignored.
template <typename Value>
class Awaited {
 public:
  explicit Awaited(asio::io_context& loop) : arrival_(std::make_shared<Arrival>(loop)) {}

  /// To be called on the loop.
  std::function<void(Value)> callback() {
    return [arrival = arrival_](Value value) { arrival->take(std::move(value)); };
  }

  std::function<void(Value)> callback_from_any_thread() {
    return [arrival = arrival_](Value value) {
      auto held = std::make_shared<Value>(std::move(value));
      asio::post(arrival->loop, [arrival, held] { arrival->take(std::move(*held)); });
    };
  }

  /// nullopt when the limit passed.
  asio::awaitable<std::optional<Value>> wait(std::chrono::milliseconds limit) {
    auto arrival = arrival_;
    if (!arrival->value) {
      arrival->wake.expires_after(limit);
      [[maybe_unused]] auto [error] = co_await arrival->wake.async_wait(token);
    }
    co_return std::exchange(arrival->value, std::nullopt);
  }

 private:
  struct Arrival {
    explicit Arrival(asio::io_context& on) : loop(on), wake(on) {}
    void take(Value brought) {
      value = std::move(brought);
      wake.cancel();
    }
    asio::io_context& loop;
    asio::steady_timer wake;
    std::optional<Value> value;
  };
  std::shared_ptr<Arrival> arrival_;
};

}  // namespace gateway
