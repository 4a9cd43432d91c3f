#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace gateway {

/// The right to change a spool, held by one process at a time: an exclusive flock on the file "lock". The kernel takes
/// it back when the process ends, however it ends.
class DaemonLock {
 public:
  /// The error is a sentence.
  [[nodiscard]] static tl::expected<DaemonLock, std::string> take(const std::string& directory);
  ~DaemonLock();
  DaemonLock(DaemonLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DaemonLock& operator=(DaemonLock&&) = delete;

 private:
  explicit DaemonLock(int file) : file_(file) {}
  int file_;
};

}  // namespace gateway
