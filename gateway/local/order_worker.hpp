#pragma once

#include "gateway/local/order_socket.hpp"
#include "gateway/local/service_settings.hpp"

namespace gateway {

/// Carries one order out, in a process of its own: becomes the recipient, delivers, answers. Does not come back to
/// what it was.
void carry_out(OrderPacket packet, const ServiceSettings& settings);

}  // namespace gateway
