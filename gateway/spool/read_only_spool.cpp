#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "gateway/spool/spool.hpp"
#include "gateway/spool/spool_reader.hpp"

namespace gateway {

namespace {

/// A writer of a spool that may not be changed.
class RefusingWriter final : public ContentWriter {
 public:
  tl::expected<void, SpoolError> append(std::string_view) override { return tl::unexpected(SpoolError::closing); }
  std::uint64_t size() const override { return 0; }
  tl::expected<void, SpoolError> copy_to(ContentWriter&) const override { return tl::unexpected(SpoolError::closing); }
};

/// A spool opened for looking, beside a daemon or without one. Everything that would change it gets `closing`.
class ReadOnlySpool final : public Spool {
 public:
  ReadOnlySpool(const SpoolOptions& options, std::unique_ptr<Environment> environment)
      : environment_(options.directory, options.map_size, std::move(environment)), reader_(environment_, nullptr) {}

  std::unique_ptr<ContentWriter> new_content(MessageId) override { return std::make_unique<RefusingWriter>(); }
  void store(Envelope, std::unique_ptr<ContentWriter>, Stored done) override {
    done(tl::unexpected(SpoolError::closing));
  }
  void apply(std::vector<Change>, Applied done) override { done(tl::unexpected(SpoolError::closing)); }

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
  bool has_room(std::uint64_t) override { return false; }
  void close() override {}

 private:
  SharedEnvironment environment_;
  SpoolReader reader_;
};

}  // namespace

tl::expected<std::unique_ptr<Spool>, std::string> open_spool_read_only(const SpoolOptions& options) {
  const std::string path = options.directory + "/queue.mdb";
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) return tl::unexpected(fmt::format("there is no queue in {}", options.directory));
    return tl::unexpected(fmt::format("cannot read the queue {}: {}", path, std::strerror(errno)));
  }
  auto environment = Environment::open(options.directory, options.map_size, Environment::Access::read);
  if (!environment) return tl::unexpected(environment.error());
  return std::make_unique<ReadOnlySpool>(options, std::move(*environment));
}

}  // namespace gateway
