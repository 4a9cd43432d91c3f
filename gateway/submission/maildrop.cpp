#include "gateway/submission/maildrop.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gateway {

namespace {

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

/// The daemon is not root: what root leaves must be its own.
bool give_to_owner(int file, const std::string& folder) {
  struct stat status {};
  if (::geteuid() != 0) return true;
  return ::stat(folder.c_str(), &status) == 0 && ::fchown(file, status.st_uid, status.st_gid) == 0;
}

bool sync_folder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // A user who may only write into the folder cannot open it; the file itself is on disk then.
  if (descriptor < 0) return errno == EACCES;
  const bool good = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return good;
}

}  // namespace

std::string maildrop_folder(const std::string& queue_directory) {
  return queue_directory + "/maildrop";
}

void open_maildrop(const std::string& folder) {
  ::chmod(folder.c_str(), 02770);
}

tl::expected<void, std::string> leave_in_maildrop(const std::string& folder, std::string_view text) {
  const auto fail = [&] { return tl::unexpected(fmt::format("{}: {}", folder, std::strerror(errno))); };
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::string name = fmt::format("{:016x}.{}", now.count(), ::getpid());
  const std::string draft = folder + "/." + name, final_name = folder + "/" + name;
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (file < 0) return fail();
  const bool written = give_to_owner(file, folder) && write_all(file, text);
  const int why = errno;
  ::close(file);
  if (!written || ::rename(draft.c_str(), final_name.c_str()) != 0) {
    const int reason = written ? errno : why;
    ::unlink(draft.c_str());
    errno = reason;
    return fail();
  }
  if (!sync_folder(folder)) return fail();
  return {};
}

std::vector<std::string> maildrop_files(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (auto each = std::filesystem::directory_iterator(folder, error);
       !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
    const auto name = each->path().filename().string();
    // Names with letters in front were put aside.
    if (!name.empty() && name.front() >= '0' && name.front() <= '9') files.push_back(each->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace gateway
