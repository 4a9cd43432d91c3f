#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/spool/queue_change.hpp"

namespace gateway {

enum class SpoolError : std::uint8_t {
  full,     // no space, no inodes, map size: 452 4.3.1
  failed,   // a write or sync failed: 451 4.3.0
  closing,  // the daemon stops
};

/// The content of a message: CRLF line ends, no dot-stuffing, headers first, our Received on top.
/// Small content is in memory; large content is a file that is read piece by piece.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::uint64_t size() const = 0;
  /// All of it when it is in memory (small messages), otherwise an empty view.
  virtual std::string_view in_memory() const = 0;
  /// Reads up to `size` octets at `offset` into `into`; 0 at the end; negative on error.
  virtual std::int64_t read(std::uint64_t offset, char* into, std::size_t size) const = 0;
};

/// A message as it travels from the spool to delivery.
struct StoredMessage {
  Envelope envelope;
  std::shared_ptr<const Content> content;
};

/// Collects the content of one message while it is received: in memory up to the inline limit, then in a file, so that
/// a session's memory does not depend on the message's size. Used by one session; destroying it unsent removes the
/// file.
class ContentWriter {
 public:
  virtual ~ContentWriter() = default;
  [[nodiscard]] virtual tl::expected<void, SpoolError> append(std::string_view bytes) = 0;
  virtual std::uint64_t size() const = 0;
  /// Appends all that was written so far to another one.
  [[nodiscard]] virtual tl::expected<void, SpoolError> copy_to(ContentWriter& other) const = 0;
};

/// The durable queue: envelopes, per-recipient state, content and the index by next try, in one LMDB environment.
///
/// store() and apply() may be called from any thread; one committer thread gathers what is waiting, commits it at once
/// and then calls each `done` on that thread (callers post to their own loop). When `done` gets success the message is
/// on disk: only then may 250 be sent. Content files are synced before the transaction that names them.
class Spool {
 public:
  virtual ~Spool() = default;

  /// `id` must come from next_message_id().
  virtual std::unique_ptr<ContentWriter> new_content(MessageId id) = 0;

  using Stored = std::function<void(tl::expected<StoredMessage, SpoolError>)>;
  virtual void store(Envelope envelope, std::unique_ptr<ContentWriter> content, Stored done) = 0;

  /// Unknown IDs are no error: what was removed stays removed.
  using Applied = std::function<void(tl::expected<void, SpoolError>)>;
  virtual void apply(std::vector<Change> changes, Applied done) = 0;

  /// Messages with next_try <= `until`, oldest first, at most `limit`, none with an ID for which `skip` says true.
  /// Reads an index: costs nothing for messages that are not due.
  virtual std::vector<Envelope> due(SystemTime until, std::size_t limit,
                                    const std::function<bool(MessageId)>& skip) = 0;

  /// The earliest next_try of all queued messages, or nullopt.
  virtual std::optional<SystemTime> next_due() = 0;

  virtual std::optional<Envelope> find(MessageId id) = 0;
  virtual std::shared_ptr<const Content> open_content(const Envelope& envelope) = 0;

  /// Calls `each` for all messages in order of arrival until it returns false.
  virtual void for_each(const std::function<bool(const Envelope&)>& each) = 0;

  struct Totals {
    std::uint64_t queued = 0, hold = 0, corrupt = 0, bytes = 0;
  };
  virtual Totals totals() = 0;

  /// May a message of this size be accepted now (free space and inodes)?
  virtual bool has_room(std::uint64_t size) = 0;

  /// Commits what is waiting and stops the committer; later calls get `closing`.
  virtual void close() = 0;
};

struct SpoolOptions {
  std::string directory;
  std::uint64_t map_size = std::uint64_t{64} << 30;
  std::uint64_t inline_limit = 131072;
  std::uint64_t minimum_free = 0;
  /// Gets a sentence for the log when something is wrong (disk, damaged record); called on any thread, may be empty.
  std::function<void(const std::string&)> warn;
  /// Gets the time each commit took, on the committer's thread; may be empty.
  std::function<void(std::chrono::microseconds)> committed;
};

/// Opens (and creates) the spool for the daemon; refuses when another daemon has it. The error is a sentence.
[[nodiscard]] tl::expected<std::unique_ptr<Spool>, std::string> open_spool(const SpoolOptions& options);

/// Opens it for reading only, beside a running daemon or without one (queue list, cat).
[[nodiscard]] tl::expected<std::unique_ptr<Spool>, std::string> open_spool_read_only(const SpoolOptions& options);

}  // namespace gateway
