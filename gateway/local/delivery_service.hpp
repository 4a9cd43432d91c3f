#pragma once

#include <string>
#include <tl/expected.hpp>

#include "gateway/local/order_socket.hpp"
#include "gateway/local/service_settings.hpp"

namespace gateway {

/// The delivery service: the one process that keeps the right to become other users. It has no network and no thread,
/// reads no mail, and gets its orders from the gateway over `socket`. Each order is carried out by a child that becomes
/// the recipient before it looks at anything but the order's head. Ends when the gateway has closed its side.
///
/// Two processes: one takes the orders; the other one only waits for it, and starts it anew should it ever die. Orders
/// that were lost with it have their answer's pipe closed, and the gateway defers them. Returns the exit code.
int run_delivery_service(int socket, const ServiceSettings& settings);

/// Starts the service as a program of its own (this binary anew, so that it inherits no secret of the configuration),
/// to be called before privileges are given away. Returns the gateway's side of the socket; the error is a sentence.
[[nodiscard]] tl::expected<FolderFd, std::string> start_delivery_service(const ServiceSettings& settings);

/// The verb that start_delivery_service() calls.
constexpr std::string_view delivery_service_verb = "delivery-service";

}  // namespace gateway
