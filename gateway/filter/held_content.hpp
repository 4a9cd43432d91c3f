#pragma once

#include <cstdint>
#include <string>

#include "gateway/spool/spool.hpp"

namespace gateway {

/// Content that waits for the filters' verdict: in memory up to the inline limit, then in a nameless temporary file.
/// Nothing of it survives a crash, and nothing has to: the client has not been told that it was accepted.
///
/// Used by one session. Reading sees everything appended.
class HeldContent final : public ContentWriter {
 public:
  /// `directory` is where the file is made when one is needed.
  HeldContent(std::string directory, std::uint64_t memory_limit)
      : directory_(std::move(directory)), memory_limit_(memory_limit) {}
  ~HeldContent() override;
  HeldContent(const HeldContent&) = delete;
  HeldContent& operator=(const HeldContent&) = delete;

  [[nodiscard]] tl::expected<void, SpoolError> append(std::string_view bytes) override;
  std::uint64_t size() const override { return size_; }
  [[nodiscard]] tl::expected<void, SpoolError> copy_to(ContentWriter& other) const override;
  bool is_in_file() const { return file_ >= 0; }

  /// Up to `size` octets from `offset` on; 0 at the end, negative on error.
  std::int64_t read(std::uint64_t offset, char* into, std::size_t size) const;

 private:
  tl::expected<void, SpoolError> write_out(std::string_view bytes);

  std::string directory_;
  std::uint64_t memory_limit_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
  std::string memory_;  // all of it, or what has not been written to the file yet
  int file_ = -1;
};

}  // namespace gateway
