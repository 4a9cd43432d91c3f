#pragma once

namespace gateway {

/// Gives away for good, for this process and all that come from it, what the delivery service never needs: all
/// capabilities but those to change identity and to make homes, every gain of rights by execve (setuid programs), and
/// the system calls that change the kernel or look into other processes. `programs`: whether programs will be run; if
/// not, execve and new sockets are gone too. False when the kernel refuses; errno says why.
enum class Programs : bool { never, may_run };
[[nodiscard]] bool enter_service_jail(Programs programs);

/// For a process that only writes files from now on: no sockets, no execve, no other identity.
[[nodiscard]] bool enter_writer_jail();

}  // namespace gateway
