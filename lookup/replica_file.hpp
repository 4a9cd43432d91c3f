#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "lookup/replica_content.hpp"

namespace lookup {

/// What a replica's file says of its entries as a whole.
struct ReplicaMeta {
  std::string fingerprint;  // what was asked for; another one makes the file worthless
  std::string server, cookie;
  std::chrono::system_clock::time_point last_success;
  std::uint64_t count = 0;
};

/// The LMDB file of one replica, so that a restart while no server answers knows everybody. One transaction holds one
/// state: entries, cookie and meta always belong together. Opened once in a process; others may read beside the writer.
class ReplicaFile {
 public:
  using Visit = std::function<void(const std::string& id, std::uint64_t number, std::string_view octets)>;

  enum class Access : bool { read, write };

  /// For writing the file is made when missing. The error is a sentence: missing, damaged, not allowed.
  [[nodiscard]] static tl::expected<std::unique_ptr<ReplicaFile>, std::string> open(const std::string& path,
                                                                                    Access access);
  ~ReplicaFile();
  ReplicaFile(const ReplicaFile&) = delete;
  ReplicaFile& operator=(const ReplicaFile&) = delete;

  /// Reads everything. A file that was never written gives an empty meta.
  [[nodiscard]] tl::expected<ReplicaMeta, std::string> read(const Visit& visit) const;

  [[nodiscard]] tl::expected<void, std::string> write(const ReplicaMeta& meta, const ReplicaContent& content,
                                                      const ReplicaContent::Changes& changes);

  /// Deletes the file at `path` and its lock.
  static void erase(const std::string& path);

 private:
  struct Environment;
  explicit ReplicaFile(std::unique_ptr<Environment> environment);
  std::unique_ptr<Environment> environment_;
};

}  // namespace lookup
