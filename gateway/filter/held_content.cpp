#include "gateway/filter/held_content.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "gateway/spool/content_writer.hpp"

namespace gateway {

namespace {

constexpr std::size_t gathered = 65536;

int open_nameless(const std::string& directory) {
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return file;
  std::string name = directory + "/.filter-XXXXXX";  // a file system without O_TMPFILE
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

HeldContent::~HeldContent() {
  if (file_ >= 0) ::close(file_);
}

tl::expected<void, SpoolError> HeldContent::append(std::string_view bytes) {
  size_ += bytes.size();
  memory_.append(bytes);
  if (size_ <= memory_limit_ || (file_ >= 0 && memory_.size() < gathered)) return {};
  if (file_ < 0) {
    file_ = open_nameless(directory_);
    if (file_ < 0) return tl::unexpected(spool_error_of(errno));
  }
  const auto written = write_out(memory_);
  memory_.clear();
  if (memory_.capacity() > 4 * gathered) memory_.shrink_to_fit();
  return written;
}

tl::expected<void, SpoolError> HeldContent::copy_to(ContentWriter& other) const {
  std::string piece(std::min<std::uint64_t>(size_, gathered), '\0');
  for (std::uint64_t offset = 0; offset < size_;) {
    const auto got = read(offset, piece.data(), piece.size());
    if (got <= 0) return tl::unexpected(SpoolError::failed);
    auto copied = other.append(std::string_view(piece.data(), static_cast<std::size_t>(got)));
    if (!copied) return copied;
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

tl::expected<void, SpoolError> HeldContent::write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(written_));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return tl::unexpected(spool_error_of(size < 0 ? errno : EIO));
    bytes.remove_prefix(static_cast<std::size_t>(size));
    written_ += static_cast<std::uint64_t>(size);
  }
  return {};
}

std::int64_t HeldContent::read(std::uint64_t offset, char* into, std::size_t size) const {
  if (offset >= size_) return 0;
  if (offset < written_) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, written_ - offset));
    for (;;) {
      const auto got = ::pread(file_, into, wanted, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      return got > 0 ? got : -1;  // an end before the end is an error too
    }
  }
  const auto at = static_cast<std::size_t>(offset - written_);
  if (at >= memory_.size()) return -1;
  const auto piece = std::min(size, memory_.size() - at);
  std::memcpy(into, memory_.data() + at, piece);
  return static_cast<std::int64_t>(piece);
}

}  // namespace gateway
