#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "gateway/spool/committer.hpp"
#include "gateway/spool/content.hpp"
#include "gateway/spool/daemon_lock.hpp"
#include "gateway/spool/spool.hpp"
#include "gateway/spool/spool_reader.hpp"

namespace gateway {

namespace {

constexpr std::size_t disk_worker_count = 4;
constexpr int minutes_between_sweeps = 60;

/// The daemon's spool: readers on any thread, one committer, some workers that wait for the disk.
class LmdbSpool final : public Spool {
 public:
  LmdbSpool(const SpoolOptions& options, DaemonLock lock, std::unique_ptr<Environment> environment,
            std::unique_ptr<ContentFolder> contents)
      : options_(options),
        lock_(std::move(lock)),
        environment_(options.directory, options.map_size, std::move(environment)),
        contents_(std::move(contents)),
        reader_(environment_, [this](Repair repair) { committer_.queue().put(std::move(repair)); }),
        room_(options.directory, options.minimum_free, options.inline_limit),
        workers_(disk_worker_count),
        committer_(
            {environment_, *contents_, room_, workers_, options.warn, options.committed, [this] { housekeep(); }}) {
    sweep();
  }
  ~LmdbSpool() override { close(); }

  std::unique_ptr<ContentWriter> new_content(MessageId id) override {
    return std::make_unique<SpoolContentWriter>(*contents_, id, options_.inline_limit);
  }
  void store(Envelope envelope, std::unique_ptr<ContentWriter> content, Stored done) override;
  void apply(std::vector<Change> changes, Applied done) override;

  std::vector<Envelope> due(SystemTime until, std::size_t limit, const std::function<bool(MessageId)>& skip) override {
    return reader_.due(until, limit, skip);
  }
  std::optional<SystemTime> next_due() override { return reader_.next_due(); }
  std::optional<Envelope> find(MessageId id) override { return reader_.find(id); }
  std::shared_ptr<const Content> open_content(const Envelope& envelope) override {
    return reader_.open_content(envelope);
  }
  void for_each(const std::function<bool(const Envelope&)>& each) override { reader_.for_each(each); }
  Totals totals() override { return reader_.totals(); }
  bool has_room(std::uint64_t size) override { return room_.has_room(size); }
  void close() override;

 private:
  void sweep();
  void housekeep();

  SpoolOptions options_;
  DaemonLock lock_;
  SharedEnvironment environment_;
  std::unique_ptr<ContentFolder> contents_;
  SpoolReader reader_;
  DiskRoom room_;
  DiskWorkers workers_;
  std::atomic<bool> closing_{false};
  int minutes_since_sweep_ = 0;
  Committer committer_;
};

void LmdbSpool::store(Envelope envelope, std::unique_ptr<ContentWriter> content, Stored done) {
  if (closing_) return done(tl::unexpected(SpoolError::closing));
  auto pending = std::make_shared<PendingStore>();
  pending->writer.reset(static_cast<SpoolContentWriter*>(content.release()));
  SpoolContentWriter& writer = *pending->writer;
  envelope.size = writer.size();
  envelope.content_in_file = writer.is_in_file();
  pending->failure = writer.failure();
  pending->record = encode_envelope(envelope);
  pending->done = std::move(done);
  if (!envelope.content_in_file) {
    pending->content = std::make_shared<MemoryContent>(writer.take_bytes());
    pending->envelope = std::move(envelope);
    if (!committer_.queue().put(*pending)) pending->done(tl::unexpected(SpoolError::closing));
    return;
  }
  pending->content =
      std::make_shared<FileContent>(ContentFolder::path_of(options_.directory, envelope.id), envelope.size);
  pending->envelope = std::move(envelope);
  const auto sync = [this, pending] {
    pending->failure = pending->writer->sync();
    if (!committer_.queue().put(*pending)) pending->done(tl::unexpected(SpoolError::closing));
  };
  if (!workers_.post(sync)) pending->done(tl::unexpected(SpoolError::closing));
}

void LmdbSpool::apply(std::vector<Change> changes, Applied done) {
  if (closing_) return done(tl::unexpected(SpoolError::closing));
  PendingApply pending;
  pending.done = std::move(done);
  pending.changes.reserve(changes.size());
  for (auto& change : changes) pending.changes.push_back({std::move(change)});
  if (!committer_.queue().put(pending)) pending.done(tl::unexpected(SpoolError::closing));
}

void LmdbSpool::sweep() {
  minutes_since_sweep_ = 0;
  workers_.post([this] {
    const auto removed = contents_->sweep([this](MessageId id) { return reader_.holds(id); });
    if (removed != 0 && options_.warn)
      options_.warn(fmt::format("removed {} content files that belong to no message", removed));
  });
}

void LmdbSpool::housekeep() {
  if (Environment* environment = environment_.writable()) environment->clear_stale_readers();
  if (++minutes_since_sweep_ >= minutes_between_sweeps) sweep();
}

void LmdbSpool::close() {
  closing_ = true;
  workers_.finish();  // first: it brings the last large messages to the committer
  committer_.close();
}

tl::expected<void, std::string> sync_directory(const std::string& directory) {
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && fsync(folder) == 0;
  const int code = errno;
  if (folder >= 0) ::close(folder);
  if (synced) return {};
  return tl::unexpected(fmt::format("cannot sync {}: {}", directory, std::strerror(code)));
}

/// Makes the directory and its name durable; an existing one is fine.
tl::expected<void, std::string> make_directory(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) == 0) return sync_directory(directory + "/..");
  if (errno == EEXIST) return {};
  return tl::unexpected(fmt::format("cannot create the queue directory {}: {}", directory, std::strerror(errno)));
}

}  // namespace

tl::expected<std::unique_ptr<Spool>, std::string> open_spool(const SpoolOptions& options) {
  if (auto made = make_directory(options.directory); !made) return tl::unexpected(made.error());
  auto lock = DaemonLock::take(options.directory);
  if (!lock) return tl::unexpected(lock.error());
  auto environment = Environment::open(options.directory, options.map_size, Environment::Access::change);
  if (!environment) return tl::unexpected(environment.error());
  auto contents = ContentFolder::open(options.directory);
  if (!contents) return tl::unexpected(contents.error());
  // The names of the queue's file and folders must be on disk before the first message is.
  if (auto synced = sync_directory(options.directory); !synced) return tl::unexpected(synced.error());
  {
    const Snapshot snapshot(**environment);
    const auto ledger = read_ledger(**environment, snapshot.get());
    raise_message_id_floor({ledger.highest_id});
  }
  return std::make_unique<LmdbSpool>(options, std::move(*lock), std::move(*environment), std::move(*contents));
}

}  // namespace gateway
