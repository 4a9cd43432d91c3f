#pragma once

#include "gateway/spool/shared_environment.hpp"
#include "gateway/spool/spool.hpp"
#include "gateway/spool/tables.hpp"

namespace gateway {

/// What a reader found wrong: a message whose record cannot be read, or an entry of the due index that leads nowhere.
struct Repair {
  std::optional<MessageId> damaged;
  std::optional<DueKey> stale;
};

/// The reading half of a spool, the same for the daemon and for the command line. Safe from any thread.
class SpoolReader {
 public:
  /// `repair` is called for what is found wrong, on the reader's thread; it may be empty.
  SpoolReader(SharedEnvironment& environment, std::function<void(Repair)> repair)
      : environment_(environment), repair_(std::move(repair)) {}

  std::vector<Envelope> due(SystemTime until, std::size_t limit, const std::function<bool(MessageId)>& skip);
  std::optional<SystemTime> next_due();
  std::optional<Envelope> find(MessageId id);
  std::shared_ptr<const Content> open_content(const Envelope& envelope);
  void for_each(const std::function<bool(const Envelope&)>& each);
  Spool::Totals totals();
  bool holds(MessageId id);

 private:
  void report(const std::vector<Repair>& repairs) const;

  SharedEnvironment& environment_;
  std::function<void(Repair)> repair_;
};

}  // namespace gateway
