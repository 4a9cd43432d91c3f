#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "lookup/replica_keeper.hpp"
#include "lookup/replica_options.hpp"

namespace lookup {

/// A copy of one directory that follows its server in a thread of its own, shared by all loops: it answers while no
/// server does. Safe from any thread but for start() and stop().
class ReplicaSource {
 public:
  struct Outcome {
    bool good = false;
    std::string text;
  };
  using Done = std::function<void(Outcome)>;

  /// Reads the file; asks no server. The error is text about the options. `observer` may be null.
  [[nodiscard]] static tl::expected<std::shared_ptr<ReplicaSource>, std::string> open(
      ReplicaOptions options, std::shared_ptr<ReplicaObserver> observer);
  ~ReplicaSource();  // stops
  ReplicaSource(const ReplicaSource&) = delete;
  ReplicaSource& operator=(const ReplicaSource&) = delete;

  void start();

  /// Ends the thread, at once unless TLS is being shut down, and closes the file. The snapshot stays.
  void stop();

  /// Changes whenever snapshot() does; costs one atomic read.
  std::uint64_t version() const;
  std::shared_ptr<const EntryStore> snapshot() const;  // null until there is a complete one

  /// May it be believed that an address which is not in the snapshot does not exist?
  bool is_trusted() const;

  /// Is it younger than max_age, or held?
  bool is_usable() const;
  ReplicaStatus status() const;
  const ReplicaOptions& options() const;
  const std::shared_ptr<const Layout>& layout() const;

  enum class Refresh : bool { changes, whole };

  /// Asks the server now, for everything or what changed; `accept` believes a state that is held. `done` is called once
  /// from the replica's thread, or from stop().
  void sync(Refresh refresh, bool accept, Done done);

  /// What the entries of a replica mean. The error is text about the options.
  [[nodiscard]] static tl::expected<std::shared_ptr<const Layout>, std::string> layout_of(
      const ReplicaOptions& options);

  /// Everything that a server shows of the directory, read now: for a comparison. Blocks.
  [[nodiscard]] static tl::expected<ReplicaContent, std::string> read_live(const ReplicaOptions& options);

 private:
  struct Engine;
  explicit ReplicaSource(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace lookup
