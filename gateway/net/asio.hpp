#pragma once

// The one door to Asio: standalone 1.22, errors as tuples, never as exceptions.
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

namespace gateway {

/// `auto [error, size] = co_await socket.async_wait(..., token);`
using Token = asio::experimental::as_tuple_t<asio::use_awaitable_t<>>;
inline constexpr Token token{};

/// TCP and Unix-domain stream sockets alike; a tcp::socket converts by move.
using StreamSocket = asio::generic::stream_protocol::socket;
using StreamEndpoint = asio::generic::stream_protocol::endpoint;

}  // namespace gateway
