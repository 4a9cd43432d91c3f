#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "lookup/dns.hpp"
#include "lookup/string_map.hpp"
#include "lookup/table_files.hpp"

namespace lookup {

/// hosts(5) as answers to a, aaaa and ptr questions. The file is looked at again at most once a second and read again
/// when it has changed; a file that cannot be read is empty. Not thread-safe.
class HostsFile {
 public:
  using Clock = std::chrono::steady_clock;

  /// An empty path knows nothing.
  explicit HostsFile(std::string path);

  /// `key` is the text of a QuestionKey. Null when the file does not know; the DNS is to be asked then.
  std::shared_ptr<const DnsAnswer> find(std::string_view key, Clock::time_point now);

 private:
  void read();
  void add(DnsType type, std::string_view name, const std::string& value);

  std::string path_;
  FileStamp stamp_;
  Clock::time_point next_look_{};
  StringMap<std::shared_ptr<DnsAnswer>> answers_;
};

}  // namespace lookup
