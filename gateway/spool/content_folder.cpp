#include "gateway/spool/content_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "gateway/spool/ownership.hpp"

namespace gateway {

namespace {

std::string subfolder_of(MessageId id) {
  const std::string name = to_string(id);
  return name.size() < 2 ? "0" + name : name.substr(0, 2);
}

std::string name_of(MessageId id) {
  return subfolder_of(id) + "/" + to_string(id);
}

int sync_folder(int folder) {
  return fsync(folder) == 0 ? 0 : errno;
}

std::vector<std::string> list(int parent, const char* name) {
  std::vector<std::string> names;
  const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR* folder = descriptor < 0 ? nullptr : fdopendir(descriptor);
  if (folder == nullptr) {
    if (descriptor >= 0) ::close(descriptor);
    return names;
  }
  while (const dirent* entry = readdir(folder))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  closedir(folder);
  return names;
}

}  // namespace

tl::expected<std::unique_ptr<ContentFolder>, std::string> ContentFolder::open(const std::string& directory) {
  std::unique_ptr<ContentFolder> opened(new ContentFolder(directory));
  const std::string path = directory + "/content";
  const bool made = mkdir(path.c_str(), 0700) == 0;
  if (made) give_to_owner_of(directory, path);
  opened->folder_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened->folder_ < 0) return tl::unexpected(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  return opened;
}

ContentFolder::~ContentFolder() {
  if (folder_ >= 0) ::close(folder_);
}

std::string ContentFolder::path_of(const std::string& directory, MessageId id) {
  return directory + "/content/" + name_of(id);
}

int ContentFolder::create(MessageId id) {
  {
    const std::lock_guard lock(mutex_);
    being_written_.insert(id.value);
  }
  const std::string name = name_of(id);
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  int file = openat(folder_, name.c_str(), flags, 0600);
  if (file < 0 && errno == ENOENT) {
    const std::string subfolder = subfolder_of(id);
    if (mkdirat(folder_, subfolder.c_str(), 0700) == 0)
      give_to_owner_of(directory_, directory_ + "/content/" + subfolder);
    file = openat(folder_, name.c_str(), flags, 0600);
  }
  if (file >= 0) return file;
  const int code = errno;
  done_with(id);
  return -code;
}

void ContentFolder::done_with(MessageId id) {
  const std::lock_guard lock(mutex_);
  being_written_.erase(id.value);
}

bool ContentFolder::is_being_written(MessageId id) {
  const std::lock_guard lock(mutex_);
  return being_written_.count(id.value) != 0;
}

int ContentFolder::sync_names(MessageId id) {
  const std::string subfolder = subfolder_of(id);
  const int descriptor = openat(folder_, subfolder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return errno;
  int code = sync_folder(descriptor);
  ::close(descriptor);
  if (code != 0) return code;
  {
    const std::lock_guard lock(mutex_);
    if (durable_.count(subfolder) != 0) return 0;
  }
  code = sync_folder(folder_);
  if (code != 0) return code;
  const std::lock_guard lock(mutex_);
  durable_.insert(subfolder);
  return 0;
}

int ContentFolder::remove(MessageId id) {
  return unlinkat(folder_, name_of(id).c_str(), 0) == 0 ? 0 : errno;
}

std::size_t ContentFolder::sweep(const std::function<bool(MessageId)>& is_known) {
  std::size_t removed = 0;
  for (const auto& subfolder : list(folder_, "."))
    for (const auto& name : list(folder_, subfolder.c_str())) {
      const auto id = parse_message_id(name);
      // First "being written", then "known": a file leaves the first set only after its message is in the database.
      if (!id || subfolder != subfolder_of(*id) || name != to_string(*id)) continue;  // not a name that we give
      if (is_being_written(*id) || is_known(*id)) continue;
      if (remove(*id) == 0) ++removed;
    }
  return removed;
}

}  // namespace gateway
