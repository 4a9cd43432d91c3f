#include "gateway/spool/daemon_lock.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gateway/spool/ownership.hpp"

namespace gateway {

tl::expected<DaemonLock, std::string> DaemonLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return tl::unexpected(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  give_to_owner_of(directory, path);
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return DaemonLock(file);
  const int code = errno;
  ::close(file);
  if (code == EWOULDBLOCK)
    return tl::unexpected(fmt::format("another gatepost uses the queue directory {}", directory));
  return tl::unexpected(fmt::format("cannot lock {}: {}", path, std::strerror(code)));
}

DaemonLock::~DaemonLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace gateway
