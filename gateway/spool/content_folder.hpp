#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tl/expected.hpp>

#include "gateway/spool/message_id.hpp"

namespace gateway {

/// The folder content/ of a spool: one file for each large content, content/<first two digits of the ID>/<ID>.
///
/// Safe from any thread. Codes are errno values, 0 when done.
class ContentFolder {
 public:
  /// For change the folder is created when it is missing. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<ContentFolder>, std::string> open(const std::string& directory);
  ~ContentFolder();
  ContentFolder(const ContentFolder&) = delete;
  ContentFolder& operator=(const ContentFolder&) = delete;

  static std::string path_of(const std::string& directory, MessageId id);

  /// Creates the file and remembers that it is being written until done_with(): a sweep spares it.
  /// The result is a descriptor, or the negative of an errno value.
  int create(MessageId id);
  void done_with(MessageId id);

  /// Makes the names on disk what they are in memory: the file's folder, and when that is new, the folder above.
  int sync_names(MessageId id);
  int remove(MessageId id);

  /// Removes files that are not being written and that `is_known` denies. Returns how many.
  std::size_t sweep(const std::function<bool(MessageId)>& is_known);

 private:
  explicit ContentFolder(std::string directory) : directory_(std::move(directory)) {}
  bool is_being_written(MessageId id);

  std::string directory_;  // of the spool
  int folder_ = -1;        // descriptor of content/
  std::mutex mutex_;
  std::set<std::uint64_t> being_written_;
  std::set<std::string> durable_;  // folders whose own name is known to be on disk
};

}  // namespace gateway
