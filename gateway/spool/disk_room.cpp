#include "gateway/spool/disk_room.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace gateway {

namespace {

constexpr std::uint64_t pages_for_removals = 512;
constexpr std::uint64_t smallest_growth = std::uint64_t{1} << 20;
constexpr std::uint64_t largest_growth = std::uint64_t{64} << 20;
constexpr std::uint64_t least_free_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t least_free_files = 8;
constexpr std::int64_t look_interval_ms = 1000;

std::int64_t steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + 1;
}

// Free pages lie scattered, and those of the last two commits cannot be used yet: count on half of them.
std::uint64_t reusable(const Environment::Pages& pages) {
  return pages.free() / 2;
}

}  // namespace

void DiskRoom::publish(const Environment::Pages& pages) {
  reusable_bytes_ = reusable(pages) * pages.size;
  const std::uint64_t taken = pages.grown + pages_for_removals;
  map_bytes_ = (pages.map > taken ? pages.map - taken : 0) * pages.size;
}

void DiskRoom::look() {
  const std::int64_t now = steady_ms();
  const std::int64_t before = looked_at_;
  if (before != 0 && now - before < look_interval_ms) return;
  struct statvfs disk {};
  if (statvfs(directory_.c_str(), &disk) != 0) return;
  free_bytes_ = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  // Some file systems have no fixed number of files and say 0.
  free_files_ = disk.f_files == 0 ? UINT64_MAX : static_cast<std::uint64_t>(disk.f_favail);
  looked_at_ = now;
}

bool DiskRoom::has_room(std::uint64_t size) {
  look();
  const std::uint64_t wanted = size > UINT64_MAX / 2 ? UINT64_MAX : size + size / 2;
  const std::uint64_t free = free_bytes_;
  if (free <= minimum_free_) return false;
  const std::uint64_t inside = reusable_bytes_;
  const std::uint64_t outside = std::min<std::uint64_t>(free, map_bytes_);
  const bool in_file = size > inline_limit_;
  if (!in_file) return inside + outside > std::max(wanted, least_free_bytes);
  return inside + outside > least_free_bytes && free > std::max(wanted, least_free_bytes) &&
         free_files_ >= least_free_files;
}

bool Reserve::holds(MDB_env* environment, const Environment::Pages& pages, std::uint64_t need) {
  const std::uint64_t with_reserve = need + pages_for_removals;
  if (pages.grown + with_reserve > pages.map) return reusable(pages) > with_reserve;
  if (!supported_) return true;
  int file = -1;
  mdb_env_get_fd(environment, &file);
  if (allocated_ == 0) {
    struct stat status {};
    if (fstat(file, &status) != 0) return true;
    allocated_ = static_cast<std::uint64_t>(status.st_size);
  }
  const std::uint64_t wanted = (pages.grown + with_reserve) * pages.size;
  if (wanted <= allocated_) return true;
  const std::uint64_t ahead = std::clamp(wanted / 8, smallest_growth, largest_growth);
  const std::uint64_t map_end = pages.map * pages.size;
  for (const std::uint64_t end : {std::min(wanted + ahead, map_end), wanted}) {
    const std::uint64_t length = end - allocated_;
    if (fallocate(file, 0, static_cast<off_t>(allocated_), static_cast<off_t>(length)) == 0) {
      allocated_ = end;
      return true;
    }
    if (errno == EOPNOTSUPP || errno == ENOSYS) {
      supported_ = false;
      return true;
    }
  }
  return reusable(pages) > with_reserve;
}

}  // namespace gateway
