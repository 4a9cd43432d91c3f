#include "gateway/local/descriptor_content.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "gateway/spool/content.hpp"

namespace gateway {

namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace

std::int64_t DescriptorContent::read(std::uint64_t offset, char* into, std::size_t size) const {
  if (offset >= size_) return 0;
  ssize_t got = 0;
  do {
    got = ::pread(fd_.get(), into, std::min<std::uint64_t>(size, size_ - offset), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got == 0 ? -1 : got;  // shorter than promised: not the message
}

FolderFd descriptor_of(const Content& content) {
  if (const auto* file = dynamic_cast<const FileContent*>(&content)) return FolderFd(file->open_again());
  FolderFd fd(::memfd_create("message", MFD_CLOEXEC));
  if (!fd) return fd;
  std::string_view whole = content.in_memory();
  if (!whole.empty() || content.size() == 0) return write_all(fd.get(), whole) ? std::move(fd) : FolderFd();
  std::string piece(65536, '\0');
  for (std::uint64_t offset = 0;;) {
    const std::int64_t got = content.read(offset, piece.data(), piece.size());
    if (got == 0) return fd;
    if (got < 0 || !write_all(fd.get(), std::string_view(piece.data(), static_cast<std::size_t>(got)))) return {};
    offset += static_cast<std::uint64_t>(got);
  }
}

}  // namespace gateway
