#pragma once

#include <functional>

#include "gateway/admin/control_socket.hpp"
#include "gateway/assembly/replicas.hpp"

namespace gateway {

/// Carries out "directory status [NAME]" and "directory sync NAME [full] [accept]" on the replicas of the running
/// daemon. `done` is called once, from any thread; after a sync when the server has answered.
void run_directory_verb(const ReplicaMap& replicas, const ControlRequest& request,
                        std::function<void(ControlAnswer)> done);

/// The lines of `gatepost directory status` for one replica.
std::string render_replica(const std::string& name, lookup::ReplicaMode mode, const lookup::ReplicaStatus& status);

}  // namespace gateway
