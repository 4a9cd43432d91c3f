#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "gateway/spool/environment.hpp"

namespace gateway {

/// An environment that can be closed and opened again under its readers: they hold the lock shared for the short life
/// of a snapshot, reopening takes it alone. Only the committer reopens and writes.
class SharedEnvironment {
 public:
  SharedEnvironment(std::string directory, std::uint64_t map_size, std::unique_ptr<Environment> environment)
      : directory_(std::move(directory)), map_size_(map_size), environment_(std::move(environment)) {}

  const std::string& directory() const { return directory_; }

  /// Calls `reader` with the environment and a snapshot; not at all when neither can be had. It must not call back
  /// here.
  template <typename Reader>
  void read(Reader&& reader) {
    const std::shared_lock lock(mutex_);
    if (!environment_) return;
    const Snapshot snapshot(*environment_);
    if (snapshot.get() != nullptr) reader(*environment_, snapshot.get());
  }

  /// For the committer alone: nullptr after a reopen() that failed.
  Environment* writable() { return environment_.get(); }

  /// Closes the environment and opens it from what the disk says. The error is a sentence.
  [[nodiscard]] tl::expected<void, std::string> reopen() {
    const std::unique_lock lock(mutex_);
    environment_.reset();
    auto opened = Environment::open(directory_, map_size_, Environment::Access::change);
    if (!opened) return tl::unexpected(opened.error());
    environment_ = std::move(*opened);
    return {};
  }

 private:
  std::string directory_;
  std::uint64_t map_size_;
  std::shared_mutex mutex_;
  std::unique_ptr<Environment> environment_;
};

}  // namespace gateway
