#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "lookup/open_table.hpp"

namespace lookup {

struct ReloadingTable::Version {
  std::mutex refreshing;           // only one refresh() at a time
  std::vector<FileStamp> watched;  // guarded by refreshing
  mutable std::shared_mutex guard;
  OpenedTable opened;  // guarded by guard
};

tl::expected<std::shared_ptr<ReloadingTable>, TableProblems> ReloadingTable::open(Opener open) {
  auto first = open();
  if (!first) return tl::unexpected(std::move(first.error()));
  return std::shared_ptr<ReloadingTable>(new ReloadingTable(std::move(open), std::move(*first)));
}

ReloadingTable::ReloadingTable(Opener open, OpenedTable first)
    : open_(std::move(open)),
      name_(first.table->name()),
      takes_whole_key_(first.table->takes_whole_key()),
      version_(std::make_unique<Version>()) {
  version_->watched = first.files;
  version_->opened = std::move(first);
}

ReloadingTable::~ReloadingTable() = default;

tl::expected<bool, TableProblems> ReloadingTable::refresh() {
  const std::lock_guard one_at_a_time(version_->refreshing);
  auto& watched = version_->watched;
  if (std::none_of(watched.begin(), watched.end(), is_changed)) return false;
  // Taken before reading, also for a version that is refused: it is tried again only when it changes again.
  for (auto& stamp : watched) stamp = stamp_of(stamp.path);
  auto next = open_();
  if (!next) return tl::unexpected(std::move(next.error()));
  watched = next->files;
  std::unique_lock swap(version_->guard);
  std::swap(version_->opened, *next);
  swap.unlock();  // the old version is freed without the lock
  return true;
}

TableProblems ReloadingTable::warnings() const {
  const std::shared_lock read(version_->guard);
  return version_->opened.warnings;
}

std::optional<Answer> ReloadingTable::find_now(std::string_view key) const {
  const std::shared_lock read(version_->guard);
  return version_->opened.table->find_now(key);
}

}  // namespace lookup
