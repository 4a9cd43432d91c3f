#include "gateway/cli/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gateway::cli {

tl::expected<void, std::string> write_private_file(const std::string& path, std::string_view text, Readers readers) {
  const auto fail = [&] { return tl::unexpected(path + ": " + std::strerror(errno)); };
  const std::string draft = path + ".new" + std::to_string(::getpid());
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                          readers == Readers::everybody ? 0644 : 0640);
  if (file < 0) return fail();
  bool good = true;
  while (good && !text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    good = written > 0 || (written < 0 && errno == EINTR);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && ::fsync(file) == 0;
  ::close(file);
  // link(), not rename(): what an administrator wrote is never lost.
  good = good && ::link(draft.c_str(), path.c_str()) == 0;
  const int why = errno;
  ::unlink(draft.c_str());
  errno = why;
  if (!good) return fail();
  return {};
}

}  // namespace gateway::cli
