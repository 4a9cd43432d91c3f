#include "gateway/spool/content.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace gateway {

std::int64_t MemoryContent::read(std::uint64_t offset, char* into, std::size_t size) const {
  if (offset >= bytes_.size()) return 0;
  return static_cast<std::int64_t>(bytes_.copy(into, size, offset));
}

FileContent::~FileContent() {
  if (file_ >= 0) ::close(file_);
}

std::int64_t FileContent::read(std::uint64_t offset, char* into, std::size_t size) const {
  std::call_once(opened_, [this] { file_ = ::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC); });
  if (file_ < 0) return -1;
  ssize_t got = 0;
  do {
    got = pread(file_, into, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got;
}

int FileContent::open_again() const {
  return ::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

std::shared_ptr<const Content> open_file_content(const std::string& path) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return nullptr;
  return std::make_shared<FileContent>(path, static_cast<std::uint64_t>(file.st_size));
}

}  // namespace gateway
