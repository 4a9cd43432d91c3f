#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "lookup/layout.hpp"
#include "lookup/replica_content.hpp"
#include "lookup/replica_file.hpp"
#include "lookup/replica_options.hpp"

namespace lookup {

/// Is told what a replica does, from its thread.
class ReplicaObserver {
 public:
  virtual ~ReplicaObserver() = default;
  virtual void published(std::size_t people, std::size_t groups, const ReplicaContent::Counts& changes) = 0;
  virtual void state_changed(ReplicaState state, const std::string& why) = 0;
  virtual void succeeded(std::chrono::system_clock::time_point when) = 0;
  virtual void attempted(std::string_view result, double seconds) = 0;  // "success" or to_string(Unavailable)
  virtual void noticed(const std::string& text) = 0;                    // for the log
};

struct ReplicaStatus {
  ReplicaState state = ReplicaState::empty;
  std::size_t people = 0, groups = 0, octets = 0, coming = 0;  // coming: entries of the state that is held
  std::chrono::system_clock::time_point last_success;
  std::string server, cookie, trouble;
};

/// Decides which states of a directory are believed, and keeps the one that is: in memory for all loops, and on disk.
///
/// snapshot(), version(), is_trusted() and status() may be called from any thread; everything else belongs to the
/// thread of the replica.
class ReplicaKeeper {
 public:
  /// `observer` may be null and must outlive the keeper.
  ReplicaKeeper(const ReplicaOptions& options, std::shared_ptr<const Layout> layout, std::string fingerprint,
                ReplicaObserver* observer);

  /// Opens the file and publishes what it holds. A file that is damaged or of other settings is thrown away.
  void restore();

  ReplicaContent& content() { return content_; }
  const std::string& cookie() const { return cookie_; }
  const std::string& server() const { return server_; }

  /// The content is what the server has, as of `cookie`. Publishes it unless it has shrunk too much.
  void settle(std::string server, std::string cookie);

  /// The server answered, and there was nothing new (or it is gathered still).
  void touch(std::string cookie);
  void fail(const std::string& why);

  /// Believes the state that is held, or the next one. Nothing more is held back until it has settled.
  void accept();

  /// Writes what is known last and closes the file; the snapshot stays.
  void close();
  bool is_held() const { return held_; }

  std::shared_ptr<const EntryStore> snapshot() const;
  std::uint64_t version() const { return version_; }

  /// May it be believed that an address which is not in the snapshot does not exist?
  bool is_trusted() const;

  /// May what the snapshot knows be used when nobody is to be told more than `max_age` old? A state that is held may: a
  /// server answers, but is not believed.
  bool is_usable() const;
  ReplicaStatus status() const;
  std::chrono::milliseconds last_build() const { return last_build_; }

 private:
  using System = std::chrono::system_clock;
  bool shrinks_too_much() const;
  void publish(bool save);
  void save();
  void change_state(ReplicaState state, const std::string& why);
  void notice(const std::string& text) const;

  const ReplicaOptions& options_;
  std::shared_ptr<const Layout> layout_;
  std::string fingerprint_;
  ReplicaObserver* observer_;
  std::vector<std::string> indexed_;
  ReplicaContent content_;
  ReplicaContent::Changes unsaved_;
  std::unique_ptr<ReplicaFile> file_;
  ReplicaMeta meta_;             // of the file: the published state
  std::string server_, cookie_;  // of the content
  std::size_t most_ = 0;         // entries published in the last ten minutes, at most
  System::time_point most_since_, saved_at_;
  bool accepted_ = false;
  std::chrono::milliseconds last_build_{0};

  mutable std::mutex mutex_;
  std::shared_ptr<const EntryStore> store_;
  ReplicaStatus status_;
  std::atomic<std::uint64_t> version_{0};
  std::atomic<std::int64_t> last_success_{0};  // seconds since 1970; 0: never
  std::atomic<bool> held_{false};
};

}  // namespace lookup
