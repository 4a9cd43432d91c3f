#pragma once

#include <functional>

#include "gateway/admin/control_socket.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// Carries out "queue VERB ID..." (retry hold release delete expire requeue; no ID means all messages) in the running
/// daemon. Called on the delivery loop; `done` is called once, from any thread, when the change is on disk.
void run_queue_verb(Queue& queue, Spool& spool, const ControlRequest& request, std::function<void(ControlAnswer)> done);

}  // namespace gateway
