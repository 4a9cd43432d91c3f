#pragma once

#include <memory>
#include <string>

#include "gateway/spool/content_folder.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// SpoolError::full for the codes that say so (ENOSPC, EDQUOT, and LMDB's), otherwise failed.
SpoolError spool_error_of(int code);

/// The spool's own ContentWriter: a string up to the inline limit, then a file in the content folder.
///
/// Writes go to the page cache and do not wait for the disk; sync() does, and may be called on another thread when
/// nothing is appended any more. Unless keep() was called the file vanishes with this object.
class SpoolContentWriter final : public ContentWriter {
 public:
  SpoolContentWriter(ContentFolder& folder, MessageId id, std::uint64_t inline_limit)
      : folder_(folder), id_(id), inline_limit_(inline_limit) {}
  ~SpoolContentWriter() override;
  SpoolContentWriter(const SpoolContentWriter&) = delete;
  SpoolContentWriter& operator=(const SpoolContentWriter&) = delete;

  [[nodiscard]] tl::expected<void, SpoolError> append(std::string_view bytes) override;
  std::uint64_t size() const override { return size_; }
  [[nodiscard]] tl::expected<void, SpoolError> copy_to(ContentWriter& other) const override;

  bool is_in_file() const { return file_ >= 0; }
  /// An earlier append() failed: the content is not whole.
  int failure() const { return failure_; }

  /// The content of one that is not in a file; this object is empty afterwards.
  std::string take_bytes() { return std::move(buffer_); }
  /// Writes what is buffered, then waits until the file and its name are on disk. Returns an errno value.
  int sync();
  /// The file belongs to the database now.
  void keep();

 private:
  int write_buffer();
  tl::expected<void, SpoolError> fail(int code);

  ContentFolder& folder_;
  MessageId id_;
  std::uint64_t inline_limit_;
  std::uint64_t size_ = 0;
  std::string buffer_;
  int file_ = -1;
  int failure_ = 0;
};

}  // namespace gateway
