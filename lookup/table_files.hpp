#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace lookup {

/// One version of a file, as far as the file system tells. All zero when the file cannot be seen.
struct FileStamp {
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  bool operator==(const FileStamp&) const = default;
};

/// Take the stamp before reading the file: a change while reading is then seen later.
FileStamp stamp_of(const std::string& path);

bool is_changed(const FileStamp& stamp);

/// The content of a regular file. The error is a sentence that names the path.
tl::expected<std::string, std::string> read_text_file(const std::string& path);

}  // namespace lookup
