#pragma once

#include <functional>

#include "gateway/admin/control_socket.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// Runs something on the delivery loop, where the queue lives.
using DeliveryLoop = std::function<void(std::function<void()>)>;

/// Carries out "queue VERB ID..." (retry hold release delete expire requeue) in the running daemon. Called on the
/// delivery loop; `done` is called once, from any thread, with the number of messages hit when the change is on disk.
void run_queue_verb(Queue& queue, Spool& spool, const ControlRequest& request, const DeliveryLoop& on_delivery_loop,
                    std::function<void(ControlAnswer)> done);

}  // namespace gateway
