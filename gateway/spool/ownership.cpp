#include "gateway/spool/ownership.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gateway {

void give_to_owner_of(const std::string& directory, const std::string& path) {
  if (geteuid() != 0) return;
  struct stat owner {
  }, file{};
  if (lstat(directory.c_str(), &owner) != 0 || lstat(path.c_str(), &file) != 0) return;
  if (file.st_uid == owner.st_uid || file.st_uid != 0) return;
  if (lchown(path.c_str(), owner.st_uid, owner.st_gid) != 0) return;  // the daemon's own open will tell
}

}  // namespace gateway
