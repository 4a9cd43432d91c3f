#include "lookup/replica_keeper.hpp"

namespace lookup {

namespace {

constexpr std::size_t handful = 5;  // entries that may always go
constexpr auto brake_memory = std::chrono::minutes(10);
constexpr auto save_success_each = std::chrono::seconds(30);

std::chrono::system_clock::time_point now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

std::string_view to_string(ReplicaState state) {
  static constexpr std::string_view names[] = {"empty", "current", "stale", "held"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(ReplicaMode mode) {
  static constexpr std::string_view names[] = {"syncrepl", "poll", "dirsync"};
  return names[static_cast<std::size_t>(mode)];
}

ReplicaKeeper::ReplicaKeeper(const ReplicaOptions& options, std::shared_ptr<const Layout> layout,
                             std::string fingerprint, ReplicaObserver* observer)
    : options_(options),
      layout_(std::move(layout)),
      fingerprint_(std::move(fingerprint)),
      observer_(observer),
      indexed_(layout_->indexed()) {
  for (const auto* name : {"mail", "uid", "cn", "mailLocalAddress"}) indexed_.emplace_back(name);
}

void ReplicaKeeper::notice(const std::string& text) const {
  if (observer_ != nullptr) observer_->noticed(text);
}

void ReplicaKeeper::change_state(ReplicaState state, const std::string& why) {
  {
    const std::lock_guard guard(mutex_);
    if (status_.state == state && status_.trouble == why) return;
    status_.state = state;
    status_.trouble = why;
  }
  if (observer_ != nullptr) observer_->state_changed(state, why);
}

void ReplicaKeeper::restore() {
  if (options_.file.empty()) return;
  const auto refuse = [this](const std::string& why) {
    notice("the replica's file is thrown away: " + why);
    file_.reset();
    content_.clear();
    ReplicaFile::erase(options_.file);
  };
  auto file = ReplicaFile::open(options_.file, ReplicaFile::Access::write);
  if (file) {
    file_ = std::move(*file);
    const auto meta = file_->read([this](const std::string& id, std::uint64_t number, std::string_view octets) {
      content_.restore(id, number, std::string(octets));
    });
    if (!meta) {
      refuse(meta.error());
    } else if (!meta->fingerprint.empty() && meta->fingerprint != fingerprint_) {
      refuse("it was made with other settings");
    } else if (!meta->fingerprint.empty()) {
      meta_ = *meta;
      server_ = meta_.server;
      cookie_ = meta_.cookie;
      last_success_ = System::to_time_t(meta_.last_success);
      publish(false);
      change_state(ReplicaState::stale, "read from its file; no server asked yet");
      return;
    }
  } else {
    refuse(file.error());
  }
  if (!file_) {
    auto fresh = ReplicaFile::open(options_.file, ReplicaFile::Access::write);
    if (fresh) file_ = std::move(*fresh);
    if (!fresh) notice("the replica is kept in memory alone: " + fresh.error());
  }
}

bool ReplicaKeeper::shrinks_too_much() const {
  // A directory that shows nothing at all is one whose rights or search base are wrong.
  if (content_.size() == 0) return true;
  if (content_.size() + handful >= most_) return false;
  return (most_ - content_.size()) * 100 > most_ * static_cast<std::size_t>(options_.refuse_shrink_percent);
}

void ReplicaKeeper::settle(std::string server, std::string cookie) {
  server_ = std::move(server);
  cookie_ = std::move(cookie);
  if (now() - most_since_ > brake_memory) {
    const std::lock_guard guard(mutex_);
    most_ = store_ ? store_->size() : 0;
    most_since_ = now();
  }
  if (!accepted_ && shrinks_too_much()) {
    const bool news = !held_.exchange(true);
    const auto why = fmt::format("the directory shows {} entries, after {}", content_.size(), most_);
    {
      const std::lock_guard guard(mutex_);
      status_.coming = content_.size();
    }
    if (news) change_state(ReplicaState::held, why);
    return;
  }
  held_ = false;
  const bool first = version_ == 0;
  last_success_ = System::to_time_t(now());
  if (first || accepted_ || content_.is_changed()) {
    if (accepted_) most_ = content_.size();
    accepted_ = false;
    publish(true);
  }
  touch(cookie_);
  change_state(ReplicaState::current, "");
}

void ReplicaKeeper::touch(std::string cookie) {
  cookie_ = std::move(cookie);
  {
    const std::lock_guard guard(mutex_);
    status_.server = server_;
    status_.cookie = cookie_;
  }
  if (held_) return;
  const auto time = now();
  last_success_ = System::to_time_t(time);
  if (observer_ != nullptr) observer_->succeeded(time);
  // What is gathered but not published yet keeps the older cookie in the file: it will be sent again.
  if (!content_.is_changed()) {
    meta_.server = server_;
    meta_.cookie = cookie_;
  }
  if (time - saved_at_ > save_success_each) save();
}

void ReplicaKeeper::fail(const std::string& why) {
  const auto state = version_ == 0 ? ReplicaState::empty : held_ ? ReplicaState::held : ReplicaState::stale;
  change_state(state, why);
}

void ReplicaKeeper::accept() {
  accepted_ = true;
}

void ReplicaKeeper::close() {
  if (!file_) return;
  if (version_ != 0 && !held_) save();
  file_.reset();
}

void ReplicaKeeper::publish(bool keep) {
  const auto start = std::chrono::steady_clock::now();
  auto built = content_.build(*layout_, indexed_);
  last_build_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  auto changes = content_.take_changes();
  most_ = std::max(most_, content_.size());
  if (most_since_ == System::time_point{}) most_since_ = now();
  {
    const std::lock_guard guard(mutex_);
    status_.people = built.people;
    status_.groups = built.groups;
    status_.octets = built.store->octets();
    store_ = std::move(built.store);
    ++version_;
  }
  if (observer_ != nullptr) observer_->published(built.people, built.groups, changes.counts);
  if (!keep) return;
  unsaved_.ids.insert(unsaved_.ids.end(), changes.ids.begin(), changes.ids.end());
  unsaved_.removals.insert(unsaved_.removals.end(), changes.removals.begin(), changes.removals.end());
  meta_.server = server_;
  meta_.cookie = cookie_;
  meta_.count = content_.size();
  save();
}

void ReplicaKeeper::save() {
  if (!file_) return;
  // While a smaller state is held, the content is not what was published: what is unsaved waits for the next one.
  const bool only_success = content_.is_changed();
  if (only_success && !unsaved_.ids.empty()) return;
  meta_.fingerprint = fingerprint_;
  meta_.last_success = System::from_time_t(last_success_);
  saved_at_ = now();
  const auto written = file_->write(meta_, content_, unsaved_);
  if (written) unsaved_ = {};
  if (!written) notice("the replica cannot be written: " + written.error());
}

std::shared_ptr<const EntryStore> ReplicaKeeper::snapshot() const {
  const std::lock_guard guard(mutex_);
  return store_;
}

bool ReplicaKeeper::is_trusted() const {
  return !held_ && is_usable();
}

bool ReplicaKeeper::is_usable() const {
  return held_ || (last_success_ != 0 && now() - System::from_time_t(last_success_) < options_.max_age);
}

ReplicaStatus ReplicaKeeper::status() const {
  const std::lock_guard guard(mutex_);
  auto status = status_;
  status.last_success = System::from_time_t(last_success_);
  return status;
}

}  // namespace lookup
