#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "gateway/spool/environment.hpp"

namespace gateway {

/// Knows how much more mail the disk and the map can take. Safe from any thread; asks the disk once a second.
class DiskRoom {
 public:
  DiskRoom(std::string directory, std::uint64_t minimum_free, std::uint64_t inline_limit)
      : directory_(std::move(directory)), minimum_free_(minimum_free), inline_limit_(inline_limit) {}

  /// Postfix's rule: one and a half times the message must be free, and more than the configured minimum.
  bool has_room(std::uint64_t size);

  /// What the last commit left, told by the committer.
  void publish(const Environment::Pages& pages);

 private:
  void look();

  std::string directory_;
  std::uint64_t minimum_free_;
  std::uint64_t inline_limit_;
  std::atomic<std::int64_t> looked_at_{0};  // steady clock, milliseconds; 0 = never
  std::atomic<std::uint64_t> free_bytes_{0};
  std::atomic<std::uint64_t> free_files_{0};
  std::atomic<std::uint64_t> reusable_bytes_{0};      // free pages inside the queue's file
  std::atomic<std::uint64_t> map_bytes_{UINT64_MAX};  // what the map can still take
};

/// Space of the queue's file that is allocated before it is needed, so that a commit meets no full disk half-way, and
/// so that messages can be removed when the disk is full. Used by the committer.
class Reserve {
 public:
  /// May a transaction of `need` pages of new mail be written now? Allocates ahead where it must.
  bool holds(MDB_env* environment, const Environment::Pages& pages, std::uint64_t need);
  /// Forgets what is known of the file, after a reopen.
  void reset() { allocated_ = 0; }

 private:
  std::uint64_t allocated_ = 0;  // octets of the file, 0 = not looked yet
  bool supported_ = true;
};

}  // namespace gateway
