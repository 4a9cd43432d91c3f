#pragma once

#include <string>
#include <vector>

namespace gateway {

/// A listening socket that the service manager opened for us, with the name of its unit (FileDescriptorName=).
struct InheritedSocket {
  std::string name;
  int fd = -1;
};

/// Takes the sockets of socket activation (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES), once: the
/// variables are unset, so that no child believes they are meant for it. Empty when there are none.
std::vector<InheritedSocket> take_inherited_sockets();

}  // namespace gateway
