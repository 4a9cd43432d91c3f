#pragma once

#include <mutex>
#include <string>

#include "gateway/spool/spool.hpp"

namespace gateway {

/// The content of a small message, held in memory.
class MemoryContent final : public Content {
 public:
  explicit MemoryContent(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  std::string_view in_memory() const override { return bytes_; }
  std::int64_t read(std::uint64_t offset, char* into, std::size_t size) const override;

 private:
  std::string bytes_;
};

/// The content of a large message: a file that is opened at the first read, so that a waiting message costs no
/// descriptor. Does not need the spool that made it.
class FileContent final : public Content {
 public:
  FileContent(std::string path, std::uint64_t size) : path_(std::move(path)), size_(size) {}
  ~FileContent() override;
  FileContent(const FileContent&) = delete;
  FileContent& operator=(const FileContent&) = delete;

  std::uint64_t size() const override { return size_; }
  std::string_view in_memory() const override { return {}; }
  std::int64_t read(std::uint64_t offset, char* into, std::size_t size) const override;

  /// Opens the file once more, for reading, for another process. -1 when that is not possible; errno says why.
  int open_again() const;

 private:
  std::string path_;
  std::uint64_t size_;
  mutable std::once_flag opened_;
  mutable int file_ = -1;
};

/// The content in an existing file, its size taken from the disk; nullptr when there is no such file.
std::shared_ptr<const Content> open_file_content(const std::string& path);

}  // namespace gateway
