#pragma once

#include <string>

namespace gateway {

/// Tells the service manager a state ("READY=1\nSTATUS=..."): one datagram to $NOTIFY_SOCKET, as sd_notify(3).
/// Does nothing when there is none.
void notify_service_manager(const std::string& state);

}  // namespace gateway
