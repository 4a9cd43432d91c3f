#pragma once

#include "gateway/delivery/maildir_folder.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// The content behind a descriptor that somebody else opened.
class DescriptorContent final : public Content {
 public:
  DescriptorContent(FolderFd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::string_view in_memory() const override { return {}; }
  std::int64_t read(std::uint64_t offset, char* into, std::size_t size) const override;

 private:
  FolderFd fd_;
  std::uint64_t size_;
};

/// A descriptor of any content for another process: its file, or an unnamed file in memory with a copy of it. Invalid
/// when none can be had; errno says why.
FolderFd descriptor_of(const Content& content);

}  // namespace gateway
