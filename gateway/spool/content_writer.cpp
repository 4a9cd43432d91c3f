#include "gateway/spool/content_writer.hpp"

#include <lmdb.h>
#include <unistd.h>

#include <cerrno>

namespace gateway {

namespace {

constexpr std::size_t write_size = 65536;

}  // namespace

SpoolError spool_error_of(int code) {
  return code == ENOSPC || code == EDQUOT || code == MDB_MAP_FULL ? SpoolError::full : SpoolError::failed;
}

SpoolContentWriter::~SpoolContentWriter() {
  if (file_ < 0) return;
  ::close(file_);
  folder_.remove(id_);
  folder_.done_with(id_);
}

tl::expected<void, SpoolError> SpoolContentWriter::fail(int code) {
  failure_ = code;
  return tl::unexpected(spool_error_of(code));
}

tl::expected<void, SpoolError> SpoolContentWriter::append(std::string_view bytes) {
  if (failure_ != 0) return fail(failure_);
  size_ += bytes.size();
  if (file_ < 0 && size_ > inline_limit_) {
    const int created = folder_.create(id_);
    if (created < 0) return fail(-created);
    file_ = created;
  }
  buffer_.append(bytes);
  if (file_ >= 0 && buffer_.size() >= write_size)
    if (const int code = write_buffer()) return fail(code);
  return {};
}

tl::expected<void, SpoolError> SpoolContentWriter::copy_to(ContentWriter& other) const {
  if (failure_ != 0) return tl::unexpected(spool_error_of(failure_));
  std::uint64_t offset = 0;
  std::string piece(file_ < 0 ? 0 : write_size, '\0');
  while (file_ >= 0 && offset + buffer_.size() < size_) {
    const ssize_t got = ::pread(file_, piece.data(), piece.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return tl::unexpected(spool_error_of(got < 0 ? errno : EIO));
    offset += static_cast<std::uint64_t>(got);
    auto copied = other.append(std::string_view(piece.data(), static_cast<std::size_t>(got)));
    if (!copied) return copied;
  }
  return other.append(buffer_);
}

int SpoolContentWriter::write_buffer() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return 0;
}

int SpoolContentWriter::sync() {
  if (failure_ != 0) return failure_;
  if (const int code = write_buffer()) return failure_ = code;
  // A failed sync is final for this file: it is never asked again, the file goes and the sender comes back.
  if (fdatasync(file_) != 0) return failure_ = errno;
  return failure_ = folder_.sync_names(id_);
}

void SpoolContentWriter::keep() {
  ::close(file_);
  file_ = -1;
  folder_.done_with(id_);
}

}  // namespace gateway
