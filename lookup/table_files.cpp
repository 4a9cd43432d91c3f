#include "lookup/table_files.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lookup {

namespace {

constexpr std::size_t largest_file = std::size_t{1} << 30;

std::string complaint(const std::string& path, int error) {
  return fmt::format("cannot read {}: {}", path, std::strerror(error));
}

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

FileStamp stamp_of(const std::string& path) {
  FileStamp stamp{path, 0, 0, 0, 0};
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return stamp;
  stamp.device = status.st_dev;
  stamp.inode = status.st_ino;
  stamp.size = static_cast<std::uint64_t>(status.st_size);
  stamp.modified = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  return stamp;
}

bool is_changed(const FileStamp& stamp) {
  return stamp_of(stamp.path) != stamp;
}

tl::expected<std::string, std::string> read_text_file(const std::string& path) {
  // Without O_NONBLOCK a FIFO in place of the file would hang the daemon.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0) return tl::unexpected(complaint(path, errno));
  struct stat status {};
  if (::fstat(file.number, &status) != 0) return tl::unexpected(complaint(path, errno));
  if (!S_ISREG(status.st_mode)) return tl::unexpected(fmt::format("{} is not a regular file", path));
  if (static_cast<std::size_t>(status.st_size) > largest_file) return tl::unexpected(path + " is larger than 1 GB");
  std::string text;
  text.resize(static_cast<std::size_t>(status.st_size));
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.number, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(complaint(path, errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace lookup
